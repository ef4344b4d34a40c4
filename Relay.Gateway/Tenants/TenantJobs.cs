using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Tenants;

/// <summary>What the relay does for a tenant.</summary>
[Flags]
internal enum TenantJobs
{
    None = 0,
    Hub = 1,
    Rooms = 2,
    Peers = 4,
    Nodes = 8,
    Tunnel = 16,
}

internal static class TenantJobTable
{
    /// <summary>The jobs that settings enable.</summary>
    public static TenantJobs Of(RelaySettings settings) =>
        (settings.Hub.Enabled ? TenantJobs.Hub : 0)
        | (settings.Rooms.Enabled ? TenantJobs.Rooms : 0)
        | (settings.Peers.Enabled ? TenantJobs.Peers : 0)
        | (settings.Nodes.Enabled ? TenantJobs.Nodes : 0)
        | (settings.Tunnel.Enabled ? TenantJobs.Tunnel : 0);

    /// <summary>The job that a request is for; operations of the API say for themselves.</summary>
    public static TenantJobs For(Access access) => access switch
    {
        Access.Hub => TenantJobs.Hub,
        Access.Room => TenantJobs.Rooms,
        Access.Peer => TenantJobs.Peers,
        Access.Node or Access.Call => TenantJobs.Nodes,
        Access.Tunnel => TenantJobs.Tunnel,
        Access.Publish or Access.Observe or Access.Operate or Access.Administer => TenantJobs.None,
    };
}
