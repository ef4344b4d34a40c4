using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Telemetry;

/// <summary>The OpenTelemetry SDK over the relay's instruments and the runtime's, with those who read it: scrapes, and a collector if one is named.</summary>
internal sealed class RelayTelemetry : IHostedService, IDisposable
{
    // .NET's own instruments: memory, collections, the thread pool, exceptions.
    private const string RuntimeMeter = "System.Runtime";

    // Those that Prometheus would be told as what they are not: counts that are no counters, and the other way round. Of the thread pool the relay tells itself.
    private static readonly FrozenSet<string> Misnamed = new[]
    {
        "dotnet.assembly.count", "dotnet.process.cpu.count", "dotnet.timer.count", "dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length",
    }.ToFrozenSet(StringComparer.Ordinal);

    // Of the runtime's instruments the exceptions have a series for each type.
    private const int MostRuntimeSeries = 100;

    private const int MostScrapers = 8;

    // A collector that hangs must not hold up the process' end.
    private const int LongestFlush = 2_000;

    private readonly RelayMetrics _metrics;
    private readonly MeterProvider _provider;

    public RelayTelemetry(RelayMetrics metrics, IMetricsExposition exposition, OtlpCounters otlp, ILogger<RelayTelemetry> logger, RelayMetricsOptions options)
    {
        _metrics = metrics;
        Scrapes = new(exposition, MostScrapers);
        var builder = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(TelemetryResource.Builder)
            .AddMeter(RelayMetrics.MeterName, RuntimeMeter)
            .AddView(Stream);
        if (options.Otlp.Endpoint.Length > 0)
            builder.AddReader(new PeriodicExportingMetricReader(new OtlpMetrics(options.Otlp, otlp, logger), (int)options.ExportInterval.TotalMilliseconds, (int)options.Otlp.Timeout.TotalMilliseconds) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative });
        _provider = exposition.Build(builder);
    }

    public Scrapes Scrapes { get; }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After the drain: the collector learns how it ended.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(() => _provider.Shutdown(LongestFlush), CancellationToken.None);

    public void Dispose()
    {
        _provider.Shutdown(0);
        _provider.Dispose();
        Scrapes.Dispose();
    }

    // The SDK sets memory aside for as many series as an instrument may have, and without this for 2,000 of each.
    private MetricStreamConfiguration? Stream(Instrument instrument)
    {
        if (instrument.Meter.Name == RuntimeMeter) return Misnamed.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : new() { CardinalityLimit = MostRuntimeSeries };
        return ReferenceEquals(instrument.Meter, _metrics.Meter) ? new() { CardinalityLimit = _metrics.MostSeries(instrument) } : MetricStreamConfiguration.Drop;
    }
}
