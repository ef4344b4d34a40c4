using System.Diagnostics.Metrics;
using Relay.Core.Runtime;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Telemetry;

/// <summary>What an instrument is, in the words of Prometheus.</summary>
internal enum InstrumentKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>A row of <see cref="RelayInstruments"/>.</summary>
/// <param name="Name">The name under which everybody knows it; that of a counter ends in _total, and one with a unit has it in its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Help">A sentence.</param>
/// <param name="Labels">By what its series differ.</param>
internal abstract record InstrumentRow(string Name, InstrumentKind Kind, string Help, params string[] Labels)
{
    /// <summary>The unit as OpenTelemetry writes it: <c>s</c>, <c>By</c>, or null for a number of things.</summary>
    public string? Unit => Stem.EndsWith("_seconds", StringComparison.Ordinal) ? "s" : Stem.EndsWith("_bytes", StringComparison.Ordinal) ? "By" : null;

    private string Stem => Name.EndsWith("_total", StringComparison.Ordinal) ? Name[..^"_total".Length] : Name;

    /// <summary>What the process has to have for it, or null.</summary>
    public Func<MetricSources, bool>? Where { get; init; }

    /// <summary>Whether a process with these parts has it.</summary>
    public virtual bool IsIn(MetricSources sources) => Where?.Invoke(sources) ?? true;

    /// <summary>How many series there may be.</summary>
    public abstract int Most(MetricSources sources);

    public abstract Instrument Create(Meter meter, MetricSources sources);

    /// <summary>An instrument that is read when somebody asks; until then it costs nothing.</summary>
    protected Instrument Observed<T>(Meter meter, Func<IEnumerable<Measurement<T>>> read)
        where T : struct => Kind == InstrumentKind.Counter
            ? meter.CreateObservableCounter(Name, read, Unit, Help)
            : meter.CreateObservableGauge(Name, read, Unit, Help);
}

/// <summary>One value.</summary>
internal sealed record ValueRow(string Name, InstrumentKind Kind, string Help, Func<MetricSources, long> Read) : InstrumentRow(Name, Kind, Help)
{
    public override int Most(MetricSources sources) => 1;

    public override Instrument Create(Meter meter, MetricSources sources) => Kind == InstrumentKind.Counter
        ? meter.CreateObservableCounter(Name, () => Read(sources), Unit, Help)
        : meter.CreateObservableGauge(Name, () => Read(sources), Unit, Help);
}

/// <summary>One duration.</summary>
internal sealed record SecondsRow(string Name, InstrumentKind Kind, string Help, Func<MetricSources, TimeSpan> Read) : InstrumentRow(Name, Kind, Help)
{
    public override int Most(MetricSources sources) => 1;

    public override Instrument Create(Meter meter, MetricSources sources) => Observed(meter, () => new[] { new Measurement<double>(Read(sources).TotalSeconds) });
}

/// <summary>A value for each of some labels, which are all there from the start, with 0: a rate over a series that appears with its first event misses that event.</summary>
internal sealed record LabelledRow(string Name, InstrumentKind Kind, string Help, string Label, (string Value, Func<MetricSources, long> Read)[] Series) : InstrumentRow(Name, Kind, Help, Label)
{
    public override int Most(MetricSources sources) => Series.Length;

    public override Instrument Create(Meter meter, MetricSources sources)
    {
        var tags = Array.ConvertAll(Series, each => new KeyValuePair<string, object?>(Label, each.Value));
        return Observed(meter, () => Series.Select((each, index) => new Measurement<long>(each.Read(sources), tags[index])));
    }
}

/// <summary>A value for each of some pairs of labels, which are all there from the start as those of a <see cref="LabelledRow"/> are.</summary>
internal sealed record PairedRow(string Name, InstrumentKind Kind, string Help, string First, string Second, (string First, string Second, Func<MetricSources, long> Read)[] Series)
    : InstrumentRow(Name, Kind, Help, First, Second)
{
    public override int Most(MetricSources sources) => Series.Length;

    public override Instrument Create(Meter meter, MetricSources sources)
    {
        var tags = Array.ConvertAll(Series, each => new KeyValuePair<string, object?>[] { new(First, each.First), new(Second, each.Second) });
        return Observed(meter, () => Series.Select((each, index) => new Measurement<long>(each.Read(sources), tags[index])));
    }
}

/// <summary>A value for each plugin that is installed.</summary>
internal sealed record PluginRow(string Name, InstrumentKind Kind, string Help, int MostPlugins, Func<PluginCounters, long> Read) : InstrumentRow(Name, Kind, Help, "plugin")
{
    public override int Most(MetricSources sources) => MostPlugins;

    public override Instrument Create(Meter meter, MetricSources sources) => Observed(meter, () =>
        sources.Runtime.Plugins.Select(plugin => new Measurement<long>(Read(plugin), new KeyValuePair<string, object?>("plugin", plugin.Prefix))));
}

/// <summary>
/// How long things took. The parts tell each duration, or those of a sample where there are too many; nothing is timed until the row is made.
/// </summary>
/// <param name="Name">As in <see cref="InstrumentRow"/>.</param>
/// <param name="Help">As in <see cref="InstrumentRow"/>.</param>
/// <param name="Label">What its series differ by, or null.</param>
/// <param name="MostValues">How many values of the label there may be.</param>
/// <param name="Bounds">The upper ends of its buckets, in seconds.</param>
/// <param name="Of">Where the durations come from.</param>
internal sealed record DurationRow(string Name, string Help, string? Label, int MostValues, double[] Bounds, Func<MetricSources, Durations> Of)
    : InstrumentRow(Name, InstrumentKind.Histogram, Help, Label is null ? [] : [Label])
{
    public override int Most(MetricSources sources) => Label is null ? 1 : MostValues;

    public override Instrument Create(Meter meter, MetricSources sources)
    {
        var histogram = meter.CreateHistogram(Name, Unit, Help, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Bounds });
        Of(sources).TellTo(Label is { } label
            ? (seconds, value) => histogram.Record(seconds, new KeyValuePair<string, object?>(label, value))
            : (seconds, _) => histogram.Record(seconds));
        return histogram;
    }
}

/// <summary>A value for each tenant that has series of its own, and for each of some labels if there are any.</summary>
internal sealed record TenantRow(string Name, InstrumentKind Kind, string Help, string? Label, (string Value, Func<UsageCounts, long> Read)[] Series)
    : InstrumentRow(Name, Kind, Help, Label is null ? ["tenant"] : ["tenant", Label])
{
    /// <summary>The first of those rows has the tenants counted anew.</summary>
    public bool Reads { get; init; }

    public override bool IsIn(MetricSources sources) => sources.Tenants is not null;

    public override int Most(MetricSources sources) => sources.Tenants!.Most * Series.Length;

    public override Instrument Create(Meter meter, MetricSources sources) => Observed(meter, () =>
        from each in Reads ? sources.Tenants!.Read() : sources.Tenants!.Last
        from one in Series
        select Label is null ? new Measurement<long>(one.Read(each.Counts), Tag("tenant", each.Tenant)) : new Measurement<long>(one.Read(each.Counts), Tag("tenant", each.Tenant), Tag(Label, one.Value)));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
