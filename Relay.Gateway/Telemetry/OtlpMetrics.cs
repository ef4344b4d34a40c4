using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Telemetry;

/// <summary>Sends the metrics to a collector. One that is away or hangs costs what is told once in its time, and is told of: in a metric, and once in the log.</summary>
internal sealed partial class OtlpMetrics(RelayOtlpOptions collector, OtlpCounters counters, ILogger logger) : OtlpMetricExporter(OtlpEndpoint.Options(collector, "/v1/metrics"))
{
    private readonly OtlpOutcome _outcome = new(counters, () => LogFailed(logger, collector.Endpoint), _ => LogAgain(logger, collector.Endpoint));

    public override ExportResult Export(in Batch<Metric> metrics) => _outcome.Take(base.Export(metrics));

    [LoggerMessage(1761, LogLevel.Warning, "The metrics could not be sent to {Collector}; it is tried again with the next ones")]
    private static partial void LogFailed(ILogger logger, string collector);

    [LoggerMessage(1762, LogLevel.Information, "The metrics are sent to {Collector} again")]
    private static partial void LogAgain(ILogger logger, string collector);
}
