namespace Relay.Grains;

/// <summary>How a relay's cluster works; the settings <c>cluster.*</c>.</summary>
/// <param name="CentralShards">Into how many parts each tenant's directory of hubs is cut. The same on every process.</param>
/// <param name="SyncInterval">How often silos and gateways tell each other that they live. Who is silent for three of them loses what it held.</param>
public sealed record ClusterOptions(int CentralShards, TimeSpan SyncInterval)
{
    /// <summary>The time in which hubs go to other silos when theirs leaves; half of it is for their slots. Zero: all go at once.</summary>
    public TimeSpan LeaveTime { get; init; }

    /// <summary>How long silence is borne.</summary>
    internal TimeSpan Lease => SyncInterval * 3;

    /// <summary>How long a call may take before it is tried again. All are short and may come twice; a silo that was killed answers none.</summary>
    internal TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a hub tells its central hub of itself. One that has lived for two of these knows all hubs.</summary>
    internal TimeSpan RepeatInterval => SyncInterval * 12;

    /// <summary>How often a gateway tells the directory of gateways that it lives; so short, because a directory that took the place of a lost one has to hear of all before a hub may rely on it.</summary>
    internal TimeSpan AnnounceInterval { get; init; } = SyncInterval / 10;

    /// <summary>How long such a directory waits: one announcement that was lost with its predecessor, the retry, and two to spare.</summary>
    internal TimeSpan SuccessionTime => AnnounceInterval * 4;

    /// <summary>The longest wait between two tries of a call that failed.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a join is tried before it is refused with <c>hub_creation_failed</c>.</summary>
    internal TimeSpan JoinPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Bytes that may be on their way from a hub to one connection's gateway, beyond what the connection's own outbox holds.</summary>
    internal int Window { get; init; } = 1024 * 1024;
}
