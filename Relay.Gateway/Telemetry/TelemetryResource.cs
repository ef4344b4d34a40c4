using OpenTelemetry.Resources;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Telemetry;

/// <summary>Who tells: what every collector is told beside the metrics and the spans, so that they can be put together.</summary>
internal static class TelemetryResource
{
    /// <summary>A builder that knows this process, and what its operator says of it in <c>OTEL_RESOURCE_ATTRIBUTES</c> and <c>OTEL_SERVICE_NAME</c>, which count more.</summary>
    public static ResourceBuilder Builder => ResourceBuilder.CreateEmpty()
        .AddService("relay", serviceVersion: RelayVersion.Text, autoGenerateServiceInstanceId: false, serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}")
        .AddEnvironmentVariableDetector();
}
