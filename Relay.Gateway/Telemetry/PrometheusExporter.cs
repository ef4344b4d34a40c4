using System.Buffers;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Relay.Gateway.Telemetry;

/// <summary>Our own exposition of the metrics, from what the SDK collects for it.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter, IMetricsExposition
{
    private const int MostFamilies = 2_000;

    // Collected is what was there; more than this many milliseconds for it are a fault.
    private const int LongestCollection = 10_000;

    private readonly Dictionary<Metric, PrometheusFamily> _families = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private (ArrayBufferWriter<byte> Output, ScrapeFormat Format)? _asked;
    private int _sizeHint = 16 * 1024;

    public Func<int, bool>? Collect { get; set; }

    public MeterProvider Build(MeterProviderBuilder builder) => builder.AddReader(new BaseExportingMetricReader(this)).Build();

    public Task<ReadOnlyMemory<byte>> CollectAsync(ScrapeFormat format, CancellationToken cancel)
    {
        var output = new ArrayBufferWriter<byte>(_sizeHint);
        _asked = (output, format);
        try
        {
            if (Collect?.Invoke(LongestCollection) != true) throw new InvalidOperationException("The metrics could not be collected.");
        }
        finally
        {
            _asked = null;
        }

        _sizeHint = Math.Max(_sizeHint, output.WrittenCount + 4096);
        return Task.FromResult(output.WrittenMemory);
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        // The end of the process collects once more, for nobody.
        if (_asked is not var (output, format)) return ExportResult.Success;
        if (_families.Count > MostFamilies) _families.Clear();
        _names.Clear();
        var writer = new PrometheusWriter(output, format);
        writer.Target(ParentProvider.GetResource().Attributes);
        foreach (var metric in batch)
        {
            if (metric.MetricType == MetricType.ExponentialHistogram) continue;
            if (!_families.TryGetValue(metric, out var family)) _families.Add(metric, family = new(metric));
            // A name twice would cost the scraper everything, so the second metric is left out.
            if (_names.Add(family.Name)) writer.Metric(metric, family);
        }

        writer.End();
        return ExportResult.Success;
    }
}
