using System.Buffers;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Relay.Gateway.Telemetry;

/// <summary>Answers scrapes from what the SDK collects for them. One scrape at a time is collected, and only so many are under way.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter(int most) : BaseExporter<Metric>, IPullMetricExporter
{
    private const int MostFamilies = 2_000;

    // Collected is what was there; more than this many milliseconds for it are a fault.
    private const int LongestCollection = 10_000;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<Metric, PrometheusFamily> _families = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private (ArrayBufferWriter<byte> Output, ScrapeFormat Format)? _asked;
    private int _sizeHint = 16 * 1024;
    private int _under;

    public Func<int, bool>? Collect { get; set; }

    /// <summary>Takes one of the places for scrapers; <see cref="Leave"/> gives it back.</summary>
    /// <returns>False when there is none: the scraper is to come again.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _under) <= most) return true;
        Interlocked.Decrement(ref _under);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _under);

    /// <summary>What the metrics are now.</summary>
    public async Task<ReadOnlyMemory<byte>> ScrapeAsync(ScrapeFormat format, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var output = new ArrayBufferWriter<byte>(_sizeHint);
            _asked = (output, format);
            if (Collect?.Invoke(LongestCollection) != true) throw new InvalidOperationException("The metrics could not be collected.");
            _sizeHint = Math.Max(_sizeHint, output.WrittenCount + 4096);
            return output.WrittenMemory;
        }
        finally
        {
            _asked = null;
            _turn.Release();
        }
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

    protected override void Dispose(bool disposing)
    {
        if (disposing) _turn.Dispose();
        base.Dispose(disposing);
    }
}
