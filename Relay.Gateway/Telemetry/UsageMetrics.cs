using System.Diagnostics.Metrics;
using Relay.Core;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// Usage by tenant. The first tenants that are seen have series of their own until the process ends, up to <c>metrics.max_tenants</c>; all others together are
/// <c>other</c>. So a series never changes its meaning, and whoever makes up tenants makes up no series.
/// </summary>
internal sealed class UsageMetrics(LimitTable limits, int maxTenants)
{
    private const string Others = "other";

    private readonly Lock _gate = new();
    private readonly HashSet<TenantId> _named = [];

    public void AddTo(Meter meter)
    {
        Gauge(meter, "relay_tenant_connections", "Sockets that are open, by tenant.", static counts => counts.ConnectionsOpened - counts.ConnectionsClosed);
        Counter(meter, "relay_tenant_connections_opened_total", "Sockets that were opened, by tenant.", null, ("", static counts => counts.ConnectionsOpened));
        Counter(meter, "relay_tenant_messages_total", "Messages, by tenant: in from clients and HTTP requests, out to clients and callers.", "direction", ("in", static counts => counts.MessagesIn), ("out", static counts => counts.MessagesOut));
        Counter(meter, "relay_tenant_bytes_total", "Their bytes.", "direction", ("in", static counts => counts.BytesIn), ("out", static counts => counts.BytesOut));
        Counter(meter, "relay_tenant_tunnels_total", "Tunnels that were opened, by tenant.", null, ("", static counts => counts.Tunnels));
        Counter(meter, "relay_tenant_tunnel_bytes_total", "Bytes that tunnels moved, by tenant: up from clients, down from targets.", "direction", ("up", static counts => counts.TunnelBytesUp), ("down", static counts => counts.TunnelBytesDown));
        Counter(meter, "relay_tenant_tokens_total", "Tokens that model servers reported, by tenant.", "kind", ("prompt", static counts => counts.PromptTokens), ("completion", static counts => counts.CompletionTokens));
        Counter(meter, "relay_tenant_refused_total", "Connections, messages and requests that limits.* refused, by tenant.", null, ("", static counts => counts.Refused));
    }

    /// <summary>Usage by the tenant's label.</summary>
    internal IReadOnlyList<(string Tenant, UsageCounts Counts)> Read()
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
        return series;
    }

    private bool TryName(TenantId tenant)
    {
        if (_named.Count >= maxTenants || tenant.Name == Others || !_named.Add(tenant)) return false;
        // It is not forgotten any more: its series would end, and that of the others jump.
        limits.Hold(tenant);
        return true;
    }

    private void Gauge(Meter meter, string name, string help, Func<UsageCounts, long> read) =>
        meter.CreateObservableGauge(name, () => Read().Select(each => new Measurement<long>(read(each.Counts), Tag("tenant", each.Tenant))), null, help);

    private void Counter(Meter meter, string name, string help, string? label, params (string Value, Func<UsageCounts, long> Read)[] reads) => meter.CreateObservableCounter(
        name,
        () => from each in Read()
              from one in reads
              select label is null ? new Measurement<long>(one.Read(each.Counts), Tag("tenant", each.Tenant)) : new Measurement<long>(one.Read(each.Counts), Tag("tenant", each.Tenant), Tag(label, one.Value)),
        null,
        help);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
