using System.Collections.Immutable;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> that belong to Relay.Silo, and the rules over them.</summary>
internal static class ClusterSettings
{
    public const string Section = "cluster";

    private const int MaxIdLength = 64;

    private static readonly SettingType<string> Id = Checked(
        $"1 to {MaxIdLength} letters, digits, - and _",
        text => text.Length is > 0 and <= MaxIdLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));

    private static readonly SettingGroup<RelayClusterOptions> Cluster = new(Section, s => s.Cluster, (s, v) => s with { Cluster = v });

    private static readonly SettingGroup<RelayRedisOptions> Redis = new(
        Section + ".redis", s => s.Cluster.Redis, (s, v) => s with { Cluster = s.Cluster with { Redis = v } });

    public static ImmutableArray<Setting> All { get; } =
    [
        Cluster.Value("membership", SettingForms.Membership, o => o.Membership, (o, v) => o with { Membership = v },
            "localhost or redis: where the processes find each other. localhost is for one machine, and ends with its first process."),
        Cluster.Value("id", Id, o => o.Id, (o, v) => o with { Id = v },
            "The cluster's name: processes with another one on the same Redis are another cluster."),
        Redis.Value("connection_string", SettingForms.Secret, o => o.ConnectionString, (o, v) => o with { ConnectionString = v },
            "For membership redis, such as redis-1:6379,password=…; better given as RELAY_CLUSTER__REDIS__CONNECTION_STRING than in a file."),
        Cluster.Value("central_shards", Int(1, 1024), o => o.CentralShards, (o, v) => o with { CentralShards = v },
            "Over how many actors a tenant's list of hubs is spread. The same in every process of a cluster."),
        Cluster.Value("sync_interval", Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)), o => o.SyncInterval, (o, v) => o with { SyncInterval = v },
            "How often silos and gateways tell each other that they live; who is silent for three of them loses what it held. The same in every process of a cluster."),
        Cluster.Value("host", SettingForms.OwnAddress, o => o.Host, (o, v) => o with { Host = v },
            "The address at which the cluster's other processes reach this silo. They need no password, so it must not be reachable from elsewhere."),
        Cluster.Value("silo_port", Int(1, 65535), o => o.SiloPort, (o, v) => o with { SiloPort = v },
            "Where this silo listens for other silos; its own for each silo of a machine."),
        Cluster.Value("gateway_port", Int(1, 65535), o => o.GatewayPort, (o, v) => o with { GatewayPort = v },
            "Where this silo listens for processes with the role gateway; its own for each silo of a machine. With membership localhost, where such a process finds a silo."),
        Cluster.Value("primary_port", Int(0, 65535), o => o.PrimaryPort, (o, v) => o with { PrimaryPort = v },
            "With membership localhost, the silo_port of the machine's first silo, for every further one. 0: this silo is the first."),
    ];

    /// <summary>For a process that hosts hubs: a user's hub may be on another silo tomorrow, and what it kept has to be there.</summary>
    public static SettingsCheck SharedStore { get; } = new(["storage.postgres.connection_string", Section + ".membership"], (s, _) =>
        s.Cluster.Membership == ClusterMembership.Redis && s.Storage.Postgres.ConnectionString.Length == 0
            ? "is needed while cluster.membership is redis: the silos of a cluster share one store"
            : null);

    public static ImmutableArray<SettingsCheck> Checks { get; } =
    [
        new([Section + ".redis.connection_string", Section + ".membership"], (s, _) =>
            s.Cluster.Membership == ClusterMembership.Redis && s.Cluster.Redis.ConnectionString.Length == 0
                ? "is needed while cluster.membership is redis"
                : null),
        new([Section + ".host", Section + ".membership"], (s, _) =>
            s.Cluster.Membership == ClusterMembership.Localhost && s.Cluster.Host != "127.0.0.1"
                ? "must be 127.0.0.1 while cluster.membership is localhost"
                : null),
        new([Section + ".primary_port", Section + ".membership"], (s, _) =>
            s.Cluster.Membership == ClusterMembership.Redis && s.Cluster.PrimaryPort != 0
                ? "is for cluster.membership localhost: with redis no silo is the first"
                : null),
        new([Section + ".gateway_port", Section + ".silo_port"], (s, _) =>
            s.Cluster.GatewayPort == s.Cluster.SiloPort ? $"{s.Cluster.GatewayPort} is cluster.silo_port as well" : null),
    ];
}
