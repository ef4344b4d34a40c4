using Relay.Core;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// Usage by tenant. The first tenants that are seen have series of their own until the process ends, up to <c>metrics.max_tenants</c>; all others together are
/// <c>other</c>. So a series never changes its meaning, and whoever makes up tenants makes up no series.
/// </summary>
internal sealed class TenantSeries(LimitTable limits, int maxTenants)
{
    private const string Others = "other";

    private readonly Lock _gate = new();
    private readonly HashSet<TenantId> _named = [];
    private IReadOnlyList<(string Tenant, UsageCounts Counts)>? _last;

    /// <summary>How many there may be.</summary>
    public int Most => maxTenants + 1;

    /// <summary>What <see cref="Read"/> has read last: the table is walked once for all the metrics that are made of it.</summary>
    public IReadOnlyList<(string Tenant, UsageCounts Counts)> Last => Volatile.Read(ref _last) ?? Read();

    /// <summary>Usage by the tenant's label.</summary>
    public IReadOnlyList<(string Tenant, UsageCounts Counts)> Read()
    {
        var (tenants, others) = limits.Usage();
        var series = new List<(string, UsageCounts)>(Math.Min(tenants.Count, maxTenants) + 1);
        lock (_gate)
        {
            foreach (var (tenant, counts) in tenants)
            {
                if (_named.Contains(tenant) || TryName(tenant)) series.Add((tenant.Name, counts));
                else others += counts;
            }
        }

        series.Add((Others, others));
        Volatile.Write(ref _last, series);
        return series;
    }

    private bool TryName(TenantId tenant)
    {
        if (_named.Count >= maxTenants || tenant.Name == Others || !_named.Add(tenant)) return false;
        // It is not forgotten any more: its series would end, and that of the others jump.
        limits.Hold(tenant);
        return true;
    }
}
