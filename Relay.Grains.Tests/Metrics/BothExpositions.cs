using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using Relay.Gateway.Telemetry;
using Relay.Silo;
using Relay.Tests.Gateway.Telemetry;

namespace Relay.Grains.Tests.Metrics;

/// <summary>Our exposition and the official one, two readers of one provider.</summary>
internal sealed class BothExpositions : IMetricsExposition
{
    private readonly PrometheusExporter _ours = new();
    private readonly OfficialExposition _official = new(new ServiceCollection().BuildServiceProvider());

    public MeterProvider Build(MeterProviderBuilder builder) => _official.Build(builder.AddReader(new BaseExportingMetricReader(_ours)));

    public Task<ReadOnlyMemory<byte>> CollectAsync(ScrapeFormat format, CancellationToken cancel) => _official.CollectAsync(format, cancel);

    public async Task<IReadOnlyList<Family>> OursAsync(ScrapeFormat format) => Parse(await TextAsync(_ours, format), format);

    /// <summary>What the official one says, without what it says beyond ours and decision 0011 tells of: when each series of a counter or histogram began.</summary>
    public async Task<IReadOnlyList<Family>> OfficialAsync(ScrapeFormat format)
    {
        var families = Parse(await OfficialTextAsync(format), format);
        Assert.All(families, family => Assert.Equal(
            format == ScrapeFormat.OpenMetrics && family.Type is "counter" or "histogram" ? family.Samples.Count(sample => sample.Name == family.Name + (family.Type == "counter" ? "_total" : "_count")) : 0,
            family.With("_created").Count()));
        return [.. families.Select(static family => family with { Samples = [.. family.Samples.Where(sample => sample.Name != family.Name + "_created")] })];
    }

    public Task<string> OfficialTextAsync(ScrapeFormat format) => TextAsync(_official, format);

    private static async Task<string> TextAsync(IMetricsExposition exposition, ScrapeFormat format) => Encoding.UTF8.GetString((await exposition.CollectAsync(format, CancellationToken.None)).Span);

    private static IReadOnlyList<Family> Parse(string text, ScrapeFormat format) => format == ScrapeFormat.OpenMetrics ? ExpositionText.ParseOpenMetrics(text) : ExpositionText.Parse(text);
}
