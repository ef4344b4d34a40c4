using Relay.Gateway.Hosting;
using Relay.Tests.Gateway.Telemetry;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Traces;

/// <summary>Metrics and traces say of the same process that they are its.</summary>
[Collection(TracesCollection.Name)]
public sealed class ResourceTests : IDisposable
{
    private const string Attributes = "OTEL_RESOURCE_ATTRIBUTES";

    private readonly string? _before = Environment.GetEnvironmentVariable(Attributes);

    [Fact]
    public async Task MetricsAndTracesAreOfOneResourceAndTheEnvironmentAddsToBoth()
    {
        Environment.SetEnvironmentVariable(Attributes, "deployment.environment.name=test,service.namespace=shop");

        var (metrics, traces, scraped) = await TellAsync();

        Assert.Equal(Sorted(metrics), Sorted(traces));
        Assert.Equal(("relay", "test", "shop"), (traces["service.name"], traces["deployment.environment.name"], traces["service.namespace"]));
        Assert.EndsWith($"-{Environment.ProcessId}", traces["service.instance.id"]);
        Assert.Equal(RelayVersion.Text, traces["service.version"]);
        Assert.Equal(Sorted(metrics.Select(static each => KeyValuePair.Create(each.Key.Replace('.', '_'), each.Value))), Sorted(scraped));
    }

    [Fact]
    public async Task TheEnvironmentsWordCountsMore()
    {
        Environment.SetEnvironmentVariable(Attributes, "service.instance.id=pod-7,service.name=front");

        var (metrics, traces, _) = await TellAsync();

        Assert.Equal(Sorted(metrics), Sorted(traces));
        Assert.Equal(("front", "pod-7"), (traces["service.name"], traces["service.instance.id"]));
    }

    public void Dispose() => Environment.SetEnvironmentVariable(Attributes, _before);

    private static IEnumerable<KeyValuePair<string, string>> Sorted(IEnumerable<KeyValuePair<string, string>> attributes) => attributes.OrderBy(static each => each.Key, StringComparer.Ordinal);

    private static async Task<(IReadOnlyDictionary<string, string> Metrics, IReadOnlyDictionary<string, string> Traces, IReadOnlyDictionary<string, string> Scraped)> TellAsync()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var relay = await RelayServer.StartAsync(settings => collector.Traced()(settings) with
        {
            Metrics = settings.Metrics with { ExportInterval = TimeSpan.FromHours(1), Otlp = new() { Endpoint = collector.Http.ToString(), Protocol = OtlpProtocol.Http } },
        });
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(relay.Url, "/v1/models"));
        var text = await http.GetStringAsync(new Uri(relay.MetricsUrl, "/metrics"));
        await relay.StopAsync();
        var sendings = collector.All();
        return (
            sendings.Last(static sending => sending.Signal == OtlpSending.OfMetrics).Resource,
            sendings.Last(static sending => sending.Signal == OtlpSending.OfTraces).Resource,
            ExpositionText.Parse(text).Single(static family => family.Name == "target_info").Samples.Single().Labels);
    }
}
