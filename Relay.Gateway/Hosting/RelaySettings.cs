using System.Collections.Immutable;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Hosting;

/// <summary>
/// Everything that can be configured, checked and immutable. The initial values are the defaults; what each member
/// means, and its bounds, stand in <see cref="SettingsMap"/> and docs/relay.yaml.
/// </summary>
internal sealed record RelaySettings
{
    public RelayServerOptions Server { get; init; } = new();

    public RelayMetricsOptions Metrics { get; init; } = new();

    public RelayLoggingOptions Logging { get; init; } = new();

    public RelayTracesOptions Traces { get; init; } = new();

    public RelayAuthOptions Auth { get; init; } = new();

    public RelayHubOptions Hub { get; init; } = new();

    public RelayRoomsOptions Rooms { get; init; } = new();

    public RelayPeersOptions Peers { get; init; } = new();

    public RelayNodesOptions Nodes { get; init; } = new();

    public RelayTunnelOptions Tunnel { get; init; } = new();

    public RelayLimitsOptions Limits { get; init; } = new();

    public RelayApiOptions Api { get; init; } = new();

    public RelayWebhooksOptions Webhooks { get; init; } = new();

    public RelayPluginsOptions Plugins { get; init; } = new();

    public RelayStorageOptions Storage { get; init; } = new();

    public RelayClusterOptions Cluster { get; init; } = new();

    /// <summary>As they are said, by exact name; who asks what a tenant may asks the directory of tenants. Names that differ in case or normalisation are different tenants.</summary>
    public ImmutableSortedDictionary<string, RelayTenantOptions> Tenants { get; init; } = DefaultTenants;

    public static ImmutableSortedDictionary<string, RelayTenantOptions> NoTenants { get; } =
        ImmutableSortedDictionary.Create<string, RelayTenantOptions>(StringComparer.Ordinal);

    public static ImmutableSortedDictionary<string, RelayTenantOptions> DefaultTenants { get; } =
        NoTenants.Add("default", RelayTenantOptions.Default);

    /// <summary>Whether they name tenants; one that is named <c>default</c> and has nothing of its own is named all the same.</summary>
    public bool NamesTenants => !ReferenceEquals(Tenants, DefaultTenants);
}

/// <summary>What is said of one tenant.</summary>
internal sealed record RelayTenantOptions
{
    public static RelayTenantOptions Default { get; } = new();

    public bool Suspended { get; init; }

    /// <summary>Beside <c>tunnel.allow</c>.</summary>
    public ImmutableArray<EgressRule> TunnelAllow { get; init; } = [];

    /// <summary>Values of settings that differ for this tenant, by their paths without the tenant's, the later one counting.</summary>
    public ImmutableArray<RawSetting> Overrides { get; init; } = [];

    // An override may be a secret, and a record prints all its members.
    public override string ToString() => $"{nameof(RelayTenantOptions)} with {Overrides.Length} settings";
}

internal sealed record RelayStorageOptions
{
    public RelaySqliteOptions Sqlite { get; init; } = new();

    public RelayPostgresOptions Postgres { get; init; } = new();
}

internal sealed record RelaySqliteOptions
{
    public const string DefaultPath = "data/relay.db";

    public string Path { get; init; } = DefaultPath;
}

internal sealed record RelayPostgresOptions
{
    /// <summary>Empty: SQLite is used.</summary>
    public string ConnectionString { get; init; } = "";

    public int Connections { get; init; } = 4;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    // A record prints all its members, and this one would print the password into a log.
    public override string ToString() => $"{nameof(RelayPostgresOptions)} with {Connections} connections";
}
