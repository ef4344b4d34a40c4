namespace Relay.Grains;

/// <summary>How a relay's cluster works; the settings <c>cluster.*</c>.</summary>
/// <param name="CentralShards">Into how many parts each tenant's directory of hubs is cut. The same on every process.</param>
/// <param name="SyncInterval">How often silos and gateways tell each other that they live. Who is silent for three of them loses what it held.</param>
public sealed record ClusterOptions(int CentralShards, TimeSpan SyncInterval)
{
    /// <summary>How long silence is borne.</summary>
    internal TimeSpan Lease => SyncInterval * 3;

    /// <summary>The longest wait between two tries of a call that failed.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a join is tried before it is refused with <c>hub_creation_failed</c>.</summary>
    internal TimeSpan JoinPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Bytes that may be on their way from a hub to one connection's gateway, beyond what the connection's own outbox holds.</summary>
    internal int Window { get; init; } = 256 * 1024;
}
