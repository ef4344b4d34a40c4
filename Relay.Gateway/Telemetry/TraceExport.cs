using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;
using Relay.Core.Telemetry;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// Sends the spans to a collector, in batches from a thread of its own. What waits for it is bounded by the SDK, which drops what is beyond it: a
/// collector that is away costs spans and nothing else.
/// </summary>
internal sealed partial class TraceExport(RelaySettings settings, TraceIngress ingress, OtlpExports exports, ILogger<TraceExport> logger) : IHostedService, IDisposable
{
    // A stop does not wait longer for a collector that is away.
    private const int LastWords = 1000;

    private TracerProvider? _provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!settings.Traces.Enabled) return Task.CompletedTask;
        _provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(TelemetryResource.Builder)
            .SetSampler(new ParentBasedSampler(new IngressSampler(ingress)))
            .AddSource(RelayTrace.SourceName)
            .AddSource("System.Net.Http")
            .AddProcessor(new BatchActivityExportProcessor(new Exporter(OtlpEndpoint.Options(settings.Traces.Otlp, "/v1/traces"), new(exports.Traces, LogFailed, LogBack))))
            .Build();
        LogStarted(settings.Traces.Otlp.Endpoint, settings.Traces.SampleRatio);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _provider?.Shutdown(LastWords);
        return Task.CompletedTask;
    }

    public void Dispose() => _provider?.Dispose();

    [LoggerMessage(1770, LogLevel.Information, "Traces go to {Endpoint}, {Ratio} of them")]
    private partial void LogStarted(string endpoint, double ratio);

    [LoggerMessage(1771, LogLevel.Warning, "The collector of traces does not take them; spans are dropped")]
    private partial void LogFailed();

    [LoggerMessage(1772, LogLevel.Information, "The collector of traces takes them again, after {Batches} batches that were dropped")]
    private partial void LogBack(long batches);

    private sealed class Exporter(OtlpExporterOptions options, OtlpOutcome outcome) : OtlpTraceExporter(options)
    {
        public override ExportResult Export(in Batch<System.Diagnostics.Activity> activityBatch) => outcome.Take(base.Export(activityBatch));
    }

    private sealed class IngressSampler(TraceIngress ingress) : Sampler
    {
        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) => new(ingress.IsKept() ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
    }
}
