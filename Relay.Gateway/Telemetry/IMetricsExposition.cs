using OpenTelemetry.Metrics;

namespace Relay.Gateway.Telemetry;

/// <summary>Who writes what <c>/metrics</c> answers: <see cref="PrometheusExporter"/>, unless the program registers another.</summary>
internal interface IMetricsExposition
{
    /// <summary>Adds its reader to the others, and builds.</summary>
    MeterProvider Build(MeterProviderBuilder builder);

    /// <summary>What the metrics are now. Asked for one scrape at a time.</summary>
    Task<ReadOnlyMemory<byte>> CollectAsync(ScrapeFormat format, CancellationToken cancel);
}
