namespace Relay.Gateway.Hosting;

/// <summary>What a process of a cluster hosts: hubs, the front door, or both.</summary>
internal enum ClusterRole
{
    Silo,
    Gateway,
    All,
}

/// <summary>Where the processes of a cluster find each other.</summary>
internal enum ClusterMembership
{
    Localhost,
    Redis,
}

internal sealed record RelayClusterOptions
{
    public ClusterMembership Membership { get; init; }

    public string Id { get; init; } = "relay";

    public RelayDashboardOptions Dashboard { get; init; } = new();

    public RelayRedisOptions Redis { get; init; } = new();

    public int CentralShards { get; init; } = 4;

    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(5);

    public string Host { get; init; } = "127.0.0.1";

    public int SiloPort { get; init; } = 11111;

    public int GatewayPort { get; init; } = 30000;

    /// <summary>0: this process itself.</summary>
    public int PrimaryPort { get; init; }
}

internal sealed record RelayDashboardOptions
{
    public bool Enabled { get; init; }
}

internal sealed record RelayRedisOptions
{
    public string ConnectionString { get; init; } = "";

    // A record prints all its members, and this one may hold a password.
    public override string ToString() => nameof(RelayRedisOptions);
}
