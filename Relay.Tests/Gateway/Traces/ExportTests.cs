using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Plugins;
using Relay.Core.Telemetry;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Telemetry;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Traces;

/// <summary>Spans on their way to a collector, and which of them go there.</summary>
[Collection(TracesCollection.Name)]
public class ExportTests
{
    [Fact]
    public async Task TheCollectorGetsTheTraceBeforeTheRelayHasStopped()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var (trace, _, parent) = SpanLog.NewParent(sampled: false);
        await using var relay = await StartAsync(collector.Traced());
        await AskAsync(relay, parent);
        await relay.StopAsync();
        var traces = relay.Services.GetRequiredService<OtlpExports>().Traces;
        Assert.Equal((true, 0), (traces.Sent > 0, traces.Failed));
        var sendings = collector.All();
        Assert.All(sendings, static sending => Assert.Equal((OtlpSending.OfTraces, "Bearer collector"), (sending.Signal, sending.Authorization)));
        var spans = sendings.SelectMany(static sending => sending.Spans).ToList();
        foreach (var name in new[] { RelayTrace.HubMessage, RelayTrace.PluginHandle }) Assert.Equal(trace, Assert.Single(spans, span => span.Name == name).Trace);
        Assert.Contains(spans, static span => span.Name == "GET /ws" && span.Attributes[RelayTrace.Tenant] == "default");
        Assert.All(sendings, static sending => Assert.Equal(-1, sending.Body.AsSpan().IndexOf("the-payload"u8)));
    }

    [Fact]
    public async Task AClientCannotHaveItsMessagesTraced()
    {
        await using var collector = await OtlpCollector.StartAsync();
        // An id that a sampler by trace id takes whatever the ratio is above 0.
        var parent = $"00-0af7651916cd43dd0000000000000001-{ActivitySpanId.CreateRandom().ToHexString()}-01";
        await using (var relay = await StartAsync(collector.Traced(static traces => traces with { SampleRatio = 0 }))) Assert.EndsWith("-00", await AskAsync(relay, parent));
        Assert.Empty(collector.All());
    }

    [Fact]
    public async Task ATrustedClientCan()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var (trace, _, parent) = SpanLog.NewParent();
        await using (var relay = await StartAsync(collector.Traced(static traces => traces with { SampleRatio = 0, TrustParent = true }))) Assert.EndsWith("-01", await AskAsync(relay, parent));
        Assert.Contains(collector.All().SelectMany(static sending => sending.Spans), span => span.Trace == trace);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACollectorThatIsAwayHarmsNothing(bool isGrpc)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var gone = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        taken.Stop();
        await using var relay = await StartAsync(settings => settings with { Traces = new() { Enabled = true, SampleRatio = 1, Otlp = new() { Endpoint = gone, Protocol = isGrpc ? OtlpProtocol.Grpc : OtlpProtocol.Http } } });
        Assert.EndsWith("-01", await AskAsync(relay, SpanLog.NewParent().Traceparent));
        await relay.StopAsync();
        var traces = relay.Services.GetRequiredService<OtlpExports>().Traces;
        Assert.Equal((0, true), (traces.Sent, traces.Failed > 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void TheRatioDecidesOnceForATraceByChanceAlone(int seed)
    {
        var (random, again) = (new Random(seed), new Random(seed));
        var ingress = new TraceIngress(static () => new() { SampleRatio = 0.25 }, random.NextDouble);
        var kept = 0;
        for (var i = 0; i < 4000; i++)
        {
            var (trace, span, parent) = SpanLog.NewParent(sampled: i % 2 == 0);
            var judged = ingress.Parent(parent, ["vendor=abc"]);
            Assert.Equal((trace, span, "vendor=abc"), (judged.TraceId.ToHexString(), judged.SpanId.ToHexString(), judged.TraceState));
            Assert.Equal(again.NextDouble() < 0.25, judged.TraceFlags == ActivityTraceFlags.Recorded);
            if (judged.TraceFlags == ActivityTraceFlags.Recorded) kept++;
        }

        Assert.InRange(kept, 900, 1100);
        Assert.Equal(default, ingress.Parent("nonsense", []));
        Assert.Equal(default, ingress.Parent(null, ["vendor=abc"]));
    }

    [Fact]
    public async Task TheRatioChangesWhileTheRelayRuns()
    {
        var settings = new RelaySettings();
        var ingress = new TraceIngress(() => settings.Traces, static () => 0.5);
        Assert.False(ingress.IsKept());
        settings = settings with { Traces = settings.Traces with { SampleRatio = 0.6 } };
        Assert.True(ingress.IsKept());
        await using var relay = await RelayServer.StartAsync();
        var directory = relay.Services.GetRequiredService<Relay.Gateway.Tenants.TenantDirectory>();
        var live = relay.Services.GetRequiredService<TraceIngress>();
        directory.Take(directory.Settings with { Traces = new() { SampleRatio = 1 } });
        Assert.True(live.IsKept());
        directory.Take(directory.Settings with { Traces = new() { SampleRatio = 0 } });
        Assert.False(live.IsKept());
    }

    private static Task<RelayServer> StartAsync(Func<RelaySettings, RelaySettings> change) => RelayServer.StartAsync(change, static services => services.AddRelayPlugin<TracingPlugin>());

    // The traceparent of the span that the plugin ran in.
    private static async Task<string> AskAsync(RelayServer relay, string parent)
    {
        var client = await relay.ConnectAsync();
        await client.SendTextAsync($$"""{"type":"trace_later","request_id":"1","data":"the-payload","traceparent":"{{parent}}"}""");
        return (await client.ReceiveJsonAsync(static json => json.TryGetProperty("request_id", out _))).GetProperty("data").GetString()!;
    }
}
