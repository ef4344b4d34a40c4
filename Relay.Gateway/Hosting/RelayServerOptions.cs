using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

internal sealed record RelayServerOptions
{
    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 8080;

    public RelayTlsOptions Tls { get; init; } = new();

    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>As a browser writes them (lower case, no default port), or <c>*</c>.</summary>
    public ImmutableArray<string> AllowedOrigins { get; init; } = [];

    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);
}

internal sealed record RelayTlsOptions
{
    public bool Enabled { get; init; }

    public string CertFile { get; init; } = "cert.pem";

    public string KeyFile { get; init; } = "key.pem";
}

internal sealed record RelayMetricsOptions
{
    public bool Enabled { get; init; } = true;

    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 9090;

    public int MaxTenants { get; init; } = 100;

    public TimeSpan ExportInterval { get; init; } = TimeSpan.FromSeconds(15);

    public RelayOtlpOptions Otlp { get; init; } = new();
}
