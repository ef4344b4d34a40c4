using Relay.Core;

namespace Relay.Grains;

/// <summary>Where the cluster's actors are, by what they stand for.</summary>
internal static class GrainAddresses
{
    /// <summary>A user's hub.</summary>
    public static IUserHubGrain Hub(this IGrainFactory grains, UserKey user) => grains.GetGrain<IUserHubGrain>(user.ToActorKey());

    /// <summary>The part of the tenant's directory that knows the user.</summary>
    public static ICentralHubGrain Central(this IGrainFactory grains, UserKey user, ClusterOptions cluster) =>
        grains.Central(CentralKey.Of(user, cluster.CentralShards));

    /// <summary>All parts of a tenant's directory.</summary>
    public static IEnumerable<ICentralHubGrain> Centrals(this IGrainFactory grains, TenantId tenant, ClusterOptions cluster) =>
        Enumerable.Range(0, cluster.CentralShards).Select(shard => grains.Central(new CentralKey(tenant, shard)));

    /// <summary>One part of a tenant's directory.</summary>
    public static ICentralHubGrain Central(this IGrainFactory grains, CentralKey part) => grains.GetGrain<ICentralHubGrain>(part.ToActorKey());

    /// <summary>A room.</summary>
    public static IRoomGrain Room(this IGrainFactory grains, RoomKey room) => grains.GetGrain<IRoomGrain>(room.ToActorKey());

    /// <summary>A tenant's list of rooms.</summary>
    public static IRoomListGrain RoomList(this IGrainFactory grains, TenantId tenant) => grains.GetGrain<IRoomListGrain>(new CentralKey(tenant, 0).ToActorKey());

    /// <summary>A document that peers are interested in.</summary>
    public static IDocumentGrain Document(this IGrainFactory grains, DocumentKey document) => grains.GetGrain<IDocumentGrain>(document.ToActorKey());

    /// <summary>Two peers that want to talk.</summary>
    public static IPeerPipeGrain Pipe(this IGrainFactory grains, PipeKey pipe) => grains.GetGrain<IPeerPipeGrain>(pipe.ToActorKey());

    /// <summary>A tenant's nodes.</summary>
    public static INodePoolGrain NodePool(this IGrainFactory grains, TenantId tenant) => grains.GetGrain<INodePoolGrain>(new CentralKey(tenant, 0).ToActorKey());

    /// <summary>A part of the answers that are kept for a tenant's back ends.</summary>
    public static IAnswersGrain Answers(this IGrainFactory grains, CentralKey part) => grains.GetGrain<IAnswersGrain>(part.ToActorKey());

    /// <summary>What divides a tenant's limits.</summary>
    public static ITenantLimitsGrain Limits(this IGrainFactory grains, TenantId tenant) => grains.GetGrain<ITenantLimitsGrain>(new CentralKey(tenant, 0).ToActorKey());

    /// <summary>What counts the limits of a part of a tenant's users.</summary>
    public static IUserLimitsGrain UserLimits(this IGrainFactory grains, CentralKey part) => grains.GetGrain<IUserLimitsGrain>(part.ToActorKey());

    /// <summary>The directory of gateways.</summary>
    public static IGatewayDirectoryGrain Gateways(this IGrainFactory grains) => grains.GetGrain<IGatewayDirectoryGrain>(0);
}
