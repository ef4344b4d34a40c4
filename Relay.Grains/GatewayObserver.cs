using System.Collections.Concurrent;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>What silos call in a gateway process. Strongly held by the runtime, because Orleans holds observers weakly.</summary>
internal sealed class GatewayObserver(OrleansRuntime runtime) : IGatewayObserver
{
    private readonly ConcurrentDictionary<string, (long Outbox, long Number, DeliveryReply Reply)> _last = new();

    public Task<DeliveryReply> Deliver(DeliveryBatch batch)
    {
        runtime.Heard(batch.Silo);
        // A silo has one batch on its way at a time, and sends it again when it has not heard that it arrived.
        if (_last.TryGetValue(batch.Silo, out var last) && batch.Outbox == last.Outbox && batch.Number <= last.Number) return Task.FromResult(last.Reply);
        // Late, from before the silo gave this gateway up: whom it is for has been told to sync since.
        if (batch.Outbox < last.Outbox) return Task.FromResult(new DeliveryReply([]));
        // The silo's hubs have let go of all that this gateway had there.
        if (last.Outbox != 0 && batch.Outbox != last.Outbox) runtime.SilenceOf(batch.Silo);
        foreach (var silo in batch.Gone) runtime.Gone(silo);
        var full = new List<(string, string)>();
        using (TurnScope.Enter())
        {
            foreach (var part in batch.Users)
                runtime.Find(part.User)?.Deliver(part, full);
            foreach (var part in batch.Rooms) runtime.ClusterRooms.Deliver(part);
        }

        var reply = new DeliveryReply([.. full]);
        _last[batch.Silo] = (batch.Outbox, batch.Number, reply);
        return Task.FromResult(reply);
    }

    public Task<Holding> Held(string user) => Task.FromResult(runtime.Find(user)?.Held() ?? Holding.Nothing);

    public Task<UserHoldingsWire> HeldLimits(string owner, long life) => Task.FromResult(runtime.ClusterUserLimits.Hold(Core.CentralKey.FromActorKey(owner), life));

    public Task TakeNodes(NodeNewsBatch batch)
    {
        runtime.ClusterNodes.Take(batch);
        return Task.CompletedTask;
    }

    public Task<bool> TellNodes(string tenant) => Task.FromResult(runtime.ClusterNodes.Tell(new(tenant)));

    public Task<int> PushToAll(string tenant, byte[] frame) => Task.FromResult(runtime.ClusterSockets.Here.PushToAll(new(tenant), new(frame)));

    public Task<SocketList> ListSockets(SocketQuery query, string? after, int limit) => Task.FromResult(SocketList.Of(runtime.ClusterSockets.Here.List(new(query.Tenant), query.Choice, after, limit)));

    public Task<int> CloseSockets(SocketQuery query, int error) => Task.FromResult(runtime.ClusterSockets.Here.Close(new(query.Tenant), query.Choice, Known.Error(error)));

    public Task Carry(TrunkMessage message)
    {
        runtime.ClusterPeers.Receive(message);
        return Task.CompletedTask;
    }
}
