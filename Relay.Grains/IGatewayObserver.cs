using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A gateway process, as silos call it. One for all of its sockets; its calls only enqueue.</summary>
[Alias("relay.IGatewayObserver")]
internal interface IGatewayObserver : IGrainObserver
{
    /// <summary>What a silo's hubs send to the gateway's connections; empty as a heartbeat.</summary>
    [Alias("Deliver")]
    Task<DeliveryReply> Deliver(DeliveryBatch batch);

    /// <summary>What the gateway holds of a user: a hub that began anew asks.</summary>
    [Alias("Held")]
    Task<Holding> Held(string user);

    /// <summary>What another gateway sends to this one.</summary>
    [Alias("Carry")]
    Task Carry(TrunkMessage message);

    /// <summary>See <see cref="Core.Runtime.ISocketHost.PushToAll"/>.</summary>
    [Alias("PushToAll")]
    Task<int> PushToAll(string tenant, byte[] frame);

    /// <summary>See <see cref="Core.Runtime.ISocketHost.List"/>.</summary>
    [Alias("ListSockets")]
    Task<SocketList> ListSockets(SocketQuery query, string? after, int limit);

    /// <summary>See <see cref="Core.Runtime.ISocketHost.Close"/>.</summary>
    [Alias("CloseSockets")]
    Task<int> CloseSockets(SocketQuery query, int error);

    /// <summary>See <see cref="Core.Runtime.IUserLimitHost.Hold"/>.</summary>
    [Alias("HeldLimits")]
    Task<UserHoldingsWire> HeldLimits(string owner, long life);

    /// <summary>What a tenant's pool of nodes tells the gateway.</summary>
    [Alias("TakeNodes")]
    Task TakeNodes(NodeNewsBatch batch);

    /// <summary>A tenant's pool of nodes has just begun, and wants to know what the gateway has.</summary>
    /// <returns>False when that is nothing; otherwise it is told like everything else.</returns>
    [Alias("TellNodes")]
    Task<bool> TellNodes(string tenant);
}
