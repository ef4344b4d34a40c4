namespace Relay.Gateway.Hosting;

internal sealed record RelayTracesOptions
{
    public bool Enabled { get; init; }

    /// <summary>Of the traces that begin here.</summary>
    public double SampleRatio { get; init; } = 0.01;

    /// <summary>Whether a client's <c>traceparent</c> decides by its flag that a trace is kept.</summary>
    public bool TrustParent { get; init; }

    public RelayOtlpOptions Otlp { get; init; } = new();
}

/// <summary>Where telemetry of one kind is sent to, by OTLP.</summary>
internal sealed record RelayOtlpOptions
{
    /// <summary>Empty: nowhere.</summary>
    public string Endpoint { get; init; } = "";

    public OtlpProtocol Protocol { get; init; } = OtlpProtocol.Grpc;

    /// <summary><c>name=value</c>, separated by commas; mostly a collector's password.</summary>
    public string Headers { get; init; } = "";

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    // A record prints all its members, and this one would print a password into a log.
    public override string ToString() => $"{nameof(RelayOtlpOptions)} of {Endpoint}";
}

internal enum OtlpProtocol
{
    Grpc,
    Http,
}
