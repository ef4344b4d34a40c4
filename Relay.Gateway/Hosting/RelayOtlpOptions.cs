using OpenTelemetry.Exporter;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Hosting;

internal sealed record RelayOtlpOptions
{
    /// <summary>Empty: nobody is sent anything.</summary>
    public string Endpoint { get; init; } = "";

    public OtlpExportProtocol Protocol { get; init; } = OtlpExportProtocol.Grpc;

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public string Headers { get; init; } = "";

    /// <summary>The collector, or null.</summary>
    public OtlpEndpoint? Collector => Endpoint.Length == 0 ? null : new(new Uri(Endpoint), Protocol, Headers, Timeout);

    // A record prints all its members, and the headers may be a secret.
    public override string ToString() => Endpoint;
}
