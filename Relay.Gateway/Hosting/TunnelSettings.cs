using System.Collections.Immutable;
using Relay.Core;
using Relay.Core.Tunnel;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about tunnels.</summary>
internal static class TunnelSettings
{
    private const long MostBytes = 1L << 50;

    private static readonly ImmutableArray<string> Taken = ["", "ws", "rooms", "introduction", "connection", "nodes", "v1", "api", "healthz", "t"];

    /// <summary>A rule of the egress policy.</summary>
    public static SettingType<EgressRule> Rule { get; } = new(
        "a rule HOST:PORTS, such as example.com:443, *.example.com:*, 10.0.0.0/8:8000-8999, [fd00::/8]:443 or *:443",
        (string text, out EgressRule rule) => EgressRule.TryParse(text, out rule),
        static rule => rule.Text);

    private static readonly SettingType<string> Address = Checked("a path such as /tunnel that is no address of the relay's own, without escapes", IsPath);

    private static readonly SettingGroup<RelayTunnelOptions> Tunnel = new("tunnel", s => s.Tunnel, (s, v) => s with { Tunnel = v });

    public static ImmutableArray<Setting> All { get; } =
    [
        Tunnel.PerTenant.Value("enabled", Bool, o => o.Enabled, (o, v) => o with { Enabled = v },
            "The addresses of tunnel.paths for WebSockets."),
        Tunnel.List("paths", Address, o => o.Paths, (o, v) => o with { Paths = v },
            "Where tunnels come in."),
        Tunnel.PerTenant.List("allow", Rule, o => o.Allow, (o, v) => o with { Allow = v },
            "Where tunnels may go, as HOST:PORTS: a name, *.name for what is below it, * for every public host, or a CIDR (IPv6 in brackets); ports are 443, 8000-8999 or *. Empty: nowhere. Loopback, private and other special addresses only by a CIDR that lies in their range."),
        Tunnel.PerTenant.Value("dial_timeout", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5)), o => o.DialTimeout, (o, v) => o with { DialTimeout = v },
            "How long the name service and the target may take, before a tunnel is refused with 504. Changes count from the next tunnel on."),
        Tunnel.PerTenant.Value("idle_timeout", Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(7)), o => o.IdleTimeout, (o, v) => o with { IdleTimeout = v },
            "A tunnel through which nothing came for this long is broken off. A socket keeps what it came with."),
        Tunnel.PerTenant.Value("require_user", Bool, o => o.RequireUser, (o, v) => o with { RequireUser = v },
            "Refuse tunnels of nobody with 407. A socket keeps what it came with."),
        Tunnel.PerTenant.Value("window_bytes", Bytes(TunnelFrames.InitialCredit, 64 * 1024 * 1024), o => o.WindowBytes, (o, v) => o with { WindowBytes = v },
            "What may be under way from the client in each of many tunnels over one socket, and is held when the target does not read. A socket keeps what it came with."),
        Tunnel.PerTenant.Value("max_per_user", Int(1, 10_000_000), o => o.MaxPerUser, (o, v) => o with { MaxPerUser = v },
            "Tunnels of one user at a time; those who say no name are one user. One more is refused with 429. Changes count from the next tunnel on."),
        Tunnel.PerTenant.Value("max_per_tenant", Int(1, 10_000_000), o => o.MaxPerTenant, (o, v) => o with { MaxPerTenant = v },
            "Tunnels of one tenant at a time. Changes count from the next tunnel on."),
        Tunnel.PerTenant.Value("user_bytes_per_second", Long(0, MostBytes), o => o.UserBytesPerSecond, (o, v) => o with { UserBytesPerSecond = v },
            "What all tunnels of one user may move together, both directions counted; who is faster is slowed down. 0: no limit. Changes count from the next tunnel on."),
        Tunnel.PerTenant.Value("tenant_bytes_per_second", Long(0, MostBytes), o => o.TenantBytesPerSecond, (o, v) => o with { TenantBytesPerSecond = v },
            "The same for one tenant. Changes count from the next tunnel on."),
        Tunnel.PerTenant.Value("user_bytes", Long(0, MostBytes), o => o.UserBytes, (o, v) => o with { UserBytes = v },
            "What all tunnels of one user may move in tunnel.quota_period; then they are broken off, and new ones refused with 429. Counted in this process. 0: no limit. Changes count from the next tunnel on."),
        Tunnel.PerTenant.Value("tenant_bytes", Long(0, MostBytes), o => o.TenantBytes, (o, v) => o with { TenantBytes = v },
            "The same for one tenant. Changes count from the next tunnel on."),
        Tunnel.PerTenant.Value("quota_period", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(366)), o => o.QuotaPeriod, (o, v) => o with { QuotaPeriod = v },
            "The period of tunnel.user_bytes and tunnel.tenant_bytes; it begins with the first byte. Changes count from the next tunnel on."),
    ];

    private static bool IsPath(string text) =>
        text.Length > 1 && text[0] == '/' && Ids.IsValid(text) && !text.Contains('%') && !text.Contains('?') && !text.Contains('#')
        && text[1..].Split('/') is var segments && segments.All(static segment => segment.Length > 0) && (!Taken.Contains(segments[0]) || (segments.Length > 1 && segments[0] == "v1"));
}
