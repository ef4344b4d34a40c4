using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Relay.Benchmarks;

/// <summary>What it costs to time one message: the clock, and a record of the SDK without and with a label.</summary>
public class RecordBenchmarks
{
    private readonly Meter _meter = new("Relay.Benchmarks");
    private readonly double[] _values = [.. Enumerable.Range(0, 1024).Select(static each => 1e-6 * (each % 97) * (each % 97))];
    private Histogram<double> _plain = null!;
    private Histogram<double> _labelled = null!;
    private Histogram<double> _off = null!;
    private MeterProvider? _provider;
    private int _at;

    [GlobalSetup]
    public void Start()
    {
        var bounds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };
        _plain = _meter.CreateHistogram("plain", "s", null, null, bounds);
        _labelled = _meter.CreateHistogram("labelled", "s", null, null, bounds);
        _off = new Meter("Relay.Benchmarks.Off").CreateHistogram("off", "s", null, null, bounds);
        _provider = Sdk.CreateMeterProviderBuilder().AddMeter(_meter.Name).AddReader(new BaseExportingMetricReader(new Silent())).Build();
    }

    [GlobalCleanup]
    public void Stop() => _provider?.Dispose();

    [Benchmark]
    public long Clock() => TimeProvider.System.GetTimestamp();

    [Benchmark]
    public void Record() => _plain.Record(_values[_at++ & 1023]);

    [Benchmark]
    public void RecordWithALabel() => _labelled.Record(_values[_at++ & 1023], new KeyValuePair<string, object?>("plugin", "echo_"));

    [Benchmark]
    public void RecordForNobody() => _off.Record(_values[_at++ & 1023]);

    private sealed class Silent : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
