using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Core.Tunnel;
using Relay.Gateway.Tunnel;

namespace Relay.Gateway.Connections;

/// <summary>All sockets of the process, of every job, as a runtime asks about them.</summary>
internal sealed class GatewaySockets(ConnectionRegistry connections, TunnelRegistry tunnels) : ISocketHost
{
    public int PushToAll(TenantId tenant, Frame frame)
    {
        var sent = 0;
        foreach (var connection in connections.All)
        {
            // One without its use has not had its welcome.
            if (connection.Use is not HubUse || connection.IsClosed || connection.Identity.Tenant != tenant.Name) continue;
            connection.Push(frame);
            sent++;
        }

        return sent;
    }

    public SocketPage List(TenantId tenant, SocketChoice which, string? after, int limit)
    {
        var found = connections.All.Where(one => !one.IsClosed && Is(tenant, which, one.Identity, one.Id)).Select(static one => Info(one.Id, one.Identity, one.Use?.Job ?? "joining"))
            .Concat(tunnels.All.Where(one => Is(tenant, which, one.Identity, one.Id)).Select(static one => Info(one.Id, one.Identity, "tunnel"))).ToList();
        return SocketPage.Of(found.Count, found, after, limit);
    }

    public int Close(TenantId tenant, SocketChoice which, ErrorCode error)
    {
        var closed = 0;
        foreach (var connection in connections.All)
        {
            if (connection.IsClosed || !Is(tenant, which, connection.Identity, connection.Id)) continue;
            connection.Close(error);
            closed++;
        }

        foreach (var tunnel in tunnels.All)
        {
            if (!Is(tenant, which, tunnel.Identity, tunnel.Id)) continue;
            tunnel.Close(ErrorCatalogue.Of(error).Closes ?? throw new ArgumentException($"{error} does not close.", nameof(error)), TunnelEnd.ClientGone);
            closed++;
        }

        return closed;
    }

    private static SocketInfo Info(string id, UserIdentity identity, string job) => new(id, identity.UserId, job);

    private static bool Is(TenantId tenant, SocketChoice which, UserIdentity identity, string id) => identity.Tenant == tenant.Name && which.Has(identity.UserId, id);
}
