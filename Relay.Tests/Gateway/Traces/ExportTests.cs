using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Plugins;
using Relay.Core.Telemetry;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Traces;

/// <summary>Spans on their way to a collector, and which of them go there.</summary>
[Collection(TracesCollection.Name)]
public class ExportTests
{
    [Fact]
    public async Task TheCollectorGetsTheTraceBeforeTheRelayHasStopped()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        var (trace, _, parent) = SpanLog.NewParent(sampled: false);
        await using var relay = await StartAsync(collector.Traced());
        await AskAsync(relay, parent);
        await relay.StopAsync();
        var traces = relay.Services.GetRequiredService<OtlpExports>().Traces;
        Assert.Equal((true, 0), (traces.Sent > 0, traces.Failed));
        var requests = collector.Requests();
        Assert.All(requests, static request => Assert.Equal(("/v1/traces", "Bearer collector"), (request.Path, request.Authorization)));
        var sent = requests.SelectMany(static request => request.Body).ToArray();
        Assert.True(Has(sent, Convert.FromHexString(trace)), "The trace has not come.");
        foreach (var name in new[] { RelayTrace.HubMessage, RelayTrace.PluginHandle, "GET /ws", "relay", "default" }) Assert.True(Has(sent, Encoding.UTF8.GetBytes(name)), name);
        Assert.False(Has(sent, "the-payload"u8), "The payload has come.");
    }

    [Fact]
    public async Task AClientCannotHaveItsMessagesTraced()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        // An id that a sampler by trace id takes whatever the ratio is above 0.
        var parent = $"00-0af7651916cd43dd0000000000000001-{ActivitySpanId.CreateRandom().ToHexString()}-01";
        await using (var relay = await StartAsync(collector.Traced(static traces => traces with { SampleRatio = 0 }))) Assert.EndsWith("-00", await AskAsync(relay, parent));
        Assert.Empty(collector.Requests());
    }

    [Fact]
    public async Task ATrustedClientCan()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        var (trace, _, parent) = SpanLog.NewParent();
        await using (var relay = await StartAsync(collector.Traced(static traces => traces with { SampleRatio = 0, TrustParent = true }))) Assert.EndsWith("-01", await AskAsync(relay, parent));
        Assert.True(Has(collector.Requests().SelectMany(static request => request.Body).ToArray(), Convert.FromHexString(trace)));
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
            var judged = ingress.Parent(parent);
            Assert.Equal((trace, span), (judged.TraceId.ToHexString(), judged.SpanId.ToHexString()));
            Assert.Equal(again.NextDouble() < 0.25, judged.TraceFlags == ActivityTraceFlags.Recorded);
            if (judged.TraceFlags == ActivityTraceFlags.Recorded) kept++;
        }

        Assert.InRange(kept, 900, 1100);
        Assert.Equal(default, ingress.Parent("nonsense"));
        Assert.Equal(default, ingress.Parent(default(string)));
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

    private static bool Has(ReadOnlySpan<byte> text, ReadOnlySpan<byte> part) => text.IndexOf(part) >= 0;
}
