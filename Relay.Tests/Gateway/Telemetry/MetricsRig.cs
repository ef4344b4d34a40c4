using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>The relay's metrics over some parts, without a relay.</summary>
internal sealed class MetricsRig : IDisposable
{
    private readonly RelayMetrics _metrics;

    public MetricsRig(MetricSources? sources = null, RelayMetricsOptions? options = null, IMetricsExposition? exposition = null)
    {
        sources ??= new();
        _metrics = new(sources);
        Telemetry = new(_metrics, exposition ?? new PrometheusExporter(), sources.Otlp.Metrics, NullLogger<RelayTelemetry>.Instance, options ?? new());
    }

    public RelayTelemetry Telemetry { get; }

    public Scrapes Scrapes => Telemetry.Scrapes;

    /// <summary>One scrape.</summary>
    public static async Task<string> TextAsync(Scrapes scrapes, ScrapeFormat format = ScrapeFormat.Text) =>
        Encoding.UTF8.GetString((await scrapes.ScrapeAsync(format, CancellationToken.None)).Span);

    /// <summary>One scrape.</summary>
    public Task<string> TextAsync(ScrapeFormat format = ScrapeFormat.Text) => TextAsync(Scrapes, format);

    /// <summary>One scrape, read strictly; the relay's own metrics of it.</summary>
    public async Task<Dictionary<string, Family>> ScrapeAsync() => Families(await TextAsync());

    /// <summary>One scrape of a relay, read strictly; the relay's own metrics of it.</summary>
    public static async Task<Dictionary<string, Family>> FamiliesAsync(IServiceProvider relay) => Families(await TextAsync(relay.GetRequiredService<RelayTelemetry>().Scrapes));

    public void Dispose()
    {
        Telemetry.Dispose();
        _metrics.Dispose();
    }

    private static Dictionary<string, Family> Families(string text) =>
        ExpositionText.Parse(text).Where(static family => !family.Name.StartsWith("dotnet_", StringComparison.Ordinal) && family.Name != "target_info").ToDictionary(static family => family.Name);
}
