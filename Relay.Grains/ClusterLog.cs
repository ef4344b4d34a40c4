using Microsoft.Extensions.Logging;

namespace Relay.Grains;

/// <summary>What the cluster's parts log: 4xxx.</summary>
internal sealed partial class ClusterLog(ILogger logger)
{
    [LoggerMessage(4001, LogLevel.Warning, "Gateway {Gateway} has not been reached for three sync intervals; its connections are gone")]
    internal partial void GatewayLost(string gateway);

    [LoggerMessage(4002, LogLevel.Warning, "The hub of {User} cannot be reached: {Reason}")]
    internal partial void HubUnreachable(Core.UserKey user, string reason);

    [LoggerMessage(4008, LogLevel.Warning, "Silo {Silo} cannot be reached: {Reason}")]
    internal partial void SiloUnreachable(string silo, string reason);

    [LoggerMessage(4003, LogLevel.Information, "The hub of {User} began anew on {Silo}; {Unknown} requests have an unknown outcome")]
    internal partial void HubReborn(Core.UserKey user, string silo, int unknown);

    [LoggerMessage(4004, LogLevel.Error, "A call of {Method} from tenant {Caller} names an actor of tenant {Owner} and is refused")]
    internal partial void ForeignTenant(string method, string caller, string owner);

    [LoggerMessage(4005, LogLevel.Warning, "The directory of gateways cannot be reached: {Reason}")]
    internal partial void DirectoryUnreachable(string reason);

    [LoggerMessage(4007, LogLevel.Error, "A batch could not be made or sent; the relay has a bug")]
    internal partial void PumpFailed(Exception exception);

    [LoggerMessage(4010, LogLevel.Warning, "Silo {Silo} has been declared dead")]
    internal partial void SiloGone(string silo);

    [LoggerMessage(4011, LogLevel.Information, "The silo leaves: {Hubs} hubs with clients go to others in {Slots} slots")]
    internal partial void SiloLeaves(int hubs, int slots);

    [LoggerMessage(6001, LogLevel.Error, "A turn of a room threw; the relay has a bug")]
    internal partial void RoomFault(Exception exception);

    [LoggerMessage(6002, LogLevel.Warning, "The room {Room} cannot be reached: {Reason}")]
    internal partial void RoomUnreachable(Core.RoomKey room, string reason);

    [LoggerMessage(4006, LogLevel.Warning, "A central hub cannot be reached: {Reason}")]
    internal partial void CentralUnreachable(string reason);

    [LoggerMessage(7001, LogLevel.Warning, "The document {Document} cannot be reached: {Reason}")]
    internal partial void DocumentUnreachable(Core.DocumentKey document, string reason);

    [LoggerMessage(7002, LogLevel.Warning, "The pipe {Pipe} cannot be reached: {Reason}")]
    internal partial void PipeUnreachable(Core.PipeKey pipe, string reason);

    [LoggerMessage(7003, LogLevel.Warning, "Gateway {Gateway} cannot be reached from this one, or had given it up; the pipes to it are closed")]
    internal partial void GatewayUnreachable(string gateway);

    [LoggerMessage(7004, LogLevel.Error, "A turn of peers or a trunk threw; the relay has a bug")]
    internal partial void PeersFailed(Exception exception);

    [LoggerMessage(8001, LogLevel.Warning, "The nodes of {Tenant} cannot be reached: {Reason}")]
    internal partial void NodePoolUnreachable(Core.TenantId tenant, string reason);
}
