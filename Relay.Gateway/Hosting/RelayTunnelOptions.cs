using System.Collections.Immutable;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Hosting;

internal sealed record RelayTunnelOptions
{
    public bool Enabled { get; init; } = true;

    public ImmutableArray<string> Paths { get; init; } = ["/tunnel"];

    public ImmutableArray<EgressRule> Allow { get; init; } = [];

    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    public bool RequireUser { get; init; }

    /// <summary>Of one tunnel, where a socket carries many.</summary>
    public int WindowBytes { get; init; } = 256 * 1024;

    public int MaxPerUser { get; init; } = 4096;

    public int MaxPerTenant { get; init; } = 100_000;

    public long UserBytesPerSecond { get; init; }

    public long TenantBytesPerSecond { get; init; }

    public long UserBytes { get; init; }

    public long TenantBytes { get; init; }

    public TimeSpan QuotaPeriod { get; init; } = TimeSpan.FromHours(24);
}
