using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Connections;
using Relay.Gateway.Tenants;
using Relay.Gateway.Tunnel;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>When a key or an issuer is trusted no more, what it let in is closed.</summary>
internal sealed class Revocations : IHostedService
{
    private readonly TenantDirectory _tenants;
    private readonly TokenVerifier _verifier;
    private readonly ConnectionRegistry _connections;
    private readonly TunnelRegistry _tunnels;
    private readonly AuthLog _log;

    public Revocations(TenantDirectory tenants, TokenVerifier verifier, ConnectionRegistry connections, TunnelRegistry tunnels, AuthLog log) =>
        (_tenants, _verifier, _connections, _tunnels, _log) = (tenants, verifier, connections, tunnels, log);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _tenants.Changed += Changed;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _tenants.Changed -= Changed;
        return Task.CompletedTask;
    }

    // Whoever tells of the change does not wait, and there may be many connections.
    private void Changed(TenantChange change)
    {
        if (change.Id is { } tenant) ThreadPool.UnsafeQueueUserWorkItem(static state => state.Self.Sweep(state.Tenant), (Self: this, Tenant: tenant), preferLocal: false);
    }

    private void Sweep(TenantId tenant)
    {
        var closed = 0;
        foreach (var connection in _connections.All)
        {
            if (connection.Identity.Tenant != tenant.Name || _verifier.IsTrusted(tenant, connection.Credential)) continue;
            connection.Close(ErrorCode.TokenExpired);
            closed++;
        }

        foreach (var socket in _tunnels.All)
        {
            if (socket.Identity.Tenant != tenant.Name || _verifier.IsTrusted(tenant, socket.Credential)) continue;
            socket.Close(CloseReason.TokenExpired, Core.Tunnel.TunnelEnd.Expired);
            closed++;
        }

        if (closed > 0) _log.Revoked(tenant, closed);
    }
}
