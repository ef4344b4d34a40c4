using System.Collections.Immutable;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about limits over all jobs.</summary>
internal static class LimitSettings
{
    private const int MostConnections = 100_000_000;
    private const int MostPerSecond = 10_000_000;
    private const long MostBytes = 1L << 40;

    private static readonly SettingGroup<RelayLimitsOptions> Limits = new("limits", s => s.Limits, (s, v) => s with { Limits = v });

    public static ImmutableArray<Setting> All { get; } =
    [
        Limits.PerTenant.Value("tenant_connections", Int(0, MostConnections), o => o.TenantConnections, (o, v) => o with { TenantConnections = v },
            "Sockets of one tenant at a time, of whatever kind; one more is closed with too_many_connections. 0: no limit."),
        Limits.PerTenant.Value("tenant_connects_per_second", Int(0, MostPerSecond), o => o.TenantConnectsPerSecond, (o, v) => o with { TenantConnectsPerSecond = v },
            "Sockets that one tenant opens, and HTTP requests that it makes; those beyond it are answered 429. 0: no limit."),
        Limits.PerTenant.Value("tenant_messages_per_second", Int(0, MostPerSecond), o => o.TenantMessagesPerSecond, (o, v) => o with { TenantMessagesPerSecond = v },
            "Messages of one tenant, each call of /v1 being one. In hubs those beyond it are answered rate_limited, other sockets are slowed down, HTTP requests are answered 429. 0: no limit."),
        Limits.PerTenant.Value("tenant_bytes_per_second", Long(0, MostBytes), o => o.TenantBytesPerSecond, (o, v) => o with { TenantBytesPerSecond = v },
            "Their bytes; sockets are slowed down, HTTP requests are answered 429. Tunnels have their own, tunnel.tenant_bytes_per_second. 0: no limit."),
        Limits.PerTenant.Value("user_connections", Int(0, MostConnections), o => o.UserConnections, (o, v) => o with { UserConnections = v },
            "The same four for one user, at all gateways of a cluster together, beside hub.max_connections_per_user and hub.max_messages_per_second. 0: no limit."),
        Limits.PerTenant.Value("user_connects_per_second", Int(0, MostPerSecond), o => o.UserConnectsPerSecond, (o, v) => o with { UserConnectsPerSecond = v },
            "Sockets that one user opens, and HTTP requests. 0: no limit."),
        Limits.PerTenant.Value("user_messages_per_second", Int(0, MostPerSecond), o => o.UserMessagesPerSecond, (o, v) => o with { UserMessagesPerSecond = v },
            "Messages of one user. 0: no limit."),
        Limits.PerTenant.Value("user_bytes_per_second", Long(0, MostBytes), o => o.UserBytesPerSecond, (o, v) => o with { UserBytesPerSecond = v },
            "Their bytes. 0: no limit."),
        Limits.Value("address_connections", Int(0, MostConnections), o => o.AddressConnections, (o, v) => o with { AddressConnections = v },
            "Sockets from one address (of IPv6, one /64) at a time; one more is answered 429. Not behind a proxy, whose address all share. 0: no limit."),
        Limits.Value("address_connects_per_second", Int(0, MostPerSecond), o => o.AddressConnectsPerSecond, (o, v) => o with { AddressConnectsPerSecond = v },
            "Requests from one address, the first thing that is looked at; those beyond it are answered 429. 0: no limit."),
    ];
}
