using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Tunnel;
using Relay.Gateway.Connections;
using Relay.Gateway.Nodes;
using Relay.Gateway.Tunnel;

namespace Relay.Gateway.Tenants;

/// <summary>
/// Ends what is open of a tenant that was suspended or is no tenant any more. Whoever opens something looks at the directory when it is in the list
/// of what is open, so that one of both sees the change.
/// </summary>
internal sealed partial class TenantGuard(
    TenantDirectory tenants, ConnectionRegistry connections, TunnelRegistry tunnels, OpenCalls calls, ILogger<TenantGuard> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        tenants.Changed += OnChanged;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        tenants.Changed -= OnChanged;
        return Task.CompletedTask;
    }

    private void OnChanged(TenantChange change)
    {
        if (change.Now is { IsSuspended: false }) return;

        // Not on the thread of whoever changed it: there may be many sockets to close.
        if (change.Id is { } id) ThreadPool.QueueUserWorkItem(_ => End(tenant => tenant == id && !tenants.Serves(tenant), id.Name));
        else ThreadPool.QueueUserWorkItem(_ => End(tenant => !tenants.Serves(tenant), "*"));
    }

    private void End(Func<TenantId, bool> ends, string name)
    {
        // Calls first: with its node gone, a call would be told that.
        var ended = calls.End(ends);
        foreach (var connection in connections.All)
        {
            if (!ends(new(connection.Identity.Tenant))) continue;
            connection.Close(ErrorCode.TenantSuspended);
            ended++;
        }

        foreach (var socket in tunnels.All)
        {
            if (!ends(new(socket.Identity.Tenant))) continue;
            socket.Close(CloseReason.TenantSuspended, TunnelEnd.Expired);
            ended++;
        }

        if (ended > 0) LogEnded(ended, name);
    }

    [LoggerMessage(1020, LogLevel.Information, "Closed {Count} connections and calls of the tenant {Tenant}, which is suspended or removed")]
    private partial void LogEnded(int count, string tenant);
}
