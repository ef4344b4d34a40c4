using System.Diagnostics.Metrics;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// The relay's instruments over the parts that count. Counters and gauges are observed: a value is only read when somebody asks for it, so a metric
/// costs the message path nothing beyond its count.
/// </summary>
internal sealed class RelayMetrics : IDisposable
{
    public const string MeterName = "Relay";

    private readonly Dictionary<string, int> _most = new(StringComparer.Ordinal);

    public RelayMetrics(MetricSources sources)
    {
        foreach (var row in RelayInstruments.All.Where(row => row.IsIn(sources)))
        {
            _most.Add(row.Name, row.Most(sources));
            row.Create(Meter, sources);
        }
    }

    /// <summary>This relay's own: two relays in one process, as in tests, have two meters of one name.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>How many series an instrument may have.</summary>
    public int MostSeries(Instrument instrument) => _most[instrument.Name];

    public void Dispose() => Meter.Dispose();
}
