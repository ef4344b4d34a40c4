using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Connections;
using Relay.Gateway.Tenants;
using Relay.Gateway.Tunnel;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>When a key or an issuer is trusted no more, what it let in is closed: with a change of the settings, or with the key set that the key has left.</summary>
internal sealed class Revocations : IHostedService
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(30);

    private readonly TenantDirectory _tenants;
    private readonly TokenVerifier _verifier;
    private readonly JwkSets _sets;
    private readonly ConnectionRegistry _connections;
    private readonly TunnelRegistry _tunnels;
    private readonly TimeProvider _time;
    private readonly AuthLog _log;
    private ITimer? _timer;

    public Revocations(TenantDirectory tenants, TokenVerifier verifier, JwkSets sets, ConnectionRegistry connections, TunnelRegistry tunnels, TimeProvider time, AuthLog log) =>
        (_tenants, _verifier, _sets, _connections, _tunnels, _time, _log) = (tenants, verifier, sets, connections, tunnels, time, log);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _tenants.Changed += Changed;
        _sets.Left += Left;
        _timer = _time.CreateTimer(static self => ((Revocations)self!)._verifier.RefreshSets(), this, RefreshInterval, RefreshInterval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        _sets.Left -= Left;
        _tenants.Changed -= Changed;
        return Task.CompletedTask;
    }

    // Whoever tells of the change does not wait, and there may be many connections.
    private void Changed(TenantChange change)
    {
        if (change.Id is { } tenant) ThreadPool.UnsafeQueueUserWorkItem(
            static state => state.Self.Sweep((id, credential) => id == state.Tenant && !state.Self._verifier.IsTrusted(id, credential)), (Self: this, Tenant: tenant), preferLocal: false);
    }

    private void Left(IReadOnlySet<string> credentials) => ThreadPool.UnsafeQueueUserWorkItem(
        static state => state.Self.Sweep((_, credential) => credential is not null && state.Gone.Contains(credential)), (Self: this, Gone: credentials), preferLocal: false);

    private void Sweep(Func<TenantId, string?, bool> ends)
    {
        var closed = new Dictionary<TenantId, int>();
        foreach (var connection in _connections.All)
        {
            var tenant = new TenantId(connection.Identity.Tenant);
            if (!ends(tenant, connection.Credential)) continue;
            connection.Close(ErrorCode.TokenExpired);
            closed[tenant] = closed.GetValueOrDefault(tenant) + 1;
        }

        foreach (var socket in _tunnels.All)
        {
            var tenant = new TenantId(socket.Identity.Tenant);
            if (!ends(tenant, socket.Credential)) continue;
            socket.Close(CloseReason.TokenExpired, Core.Tunnel.TunnelEnd.Expired);
            closed[tenant] = closed.GetValueOrDefault(tenant) + 1;
        }

        foreach (var (tenant, count) in closed) _log.Revoked(tenant, count);
    }
}
