using OpenTelemetry.Resources;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Telemetry;

/// <summary>Who tells: what every collector is told beside the metrics.</summary>
internal static class TelemetryResource
{
    /// <summary>A builder that knows this process and nothing of its environment: the relay's settings are all that decides what it does.</summary>
    public static ResourceBuilder Builder { get; } = ResourceBuilder.CreateEmpty().AddService(
        "relay",
        serviceVersion: RelayVersion.Text,
        autoGenerateServiceInstanceId: false,
        serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}");
}
