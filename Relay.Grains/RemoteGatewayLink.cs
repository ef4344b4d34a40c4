using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The link of a gateway in another process: batches that the grain takes, and the way back through the silo's outbox for that gateway.</summary>
internal sealed class RemoteGatewayLink(UserHubActor hub, GatewayOutbox outbox, long epoch, int window) : GatewayLink(hub, epoch)
{
    /// <summary>The user, as an actor's key.</summary>
    public string User { get; } = hub.Key.ToActorKey();

    /// <summary>The last batch taken. Grain's turns only.</summary>
    public long LastBatch { get; set; }

    public override bool IsLost => outbox.IsLost;

    public void Send(in Delivery item, RemoteConnection? connection) => outbox.Enqueue(this, item, connection);

    public void GatewayLost()
    {
        foreach (var connection in Connections) Leave(connection);
    }

    // Batches that come now wait at the grain's door until it is gone, and are refused by its successor.
    public override void Close()
    {
    }

    public override void Moved()
    {
        if (Connections.Count > 0) Send(new(DeliveryKind.Moved, "", [], 0, 0, 0), null);
        outbox.Remove(this);
    }

    protected override IGatewayConnection New(ConnectionInfo info) => new RemoteConnection(this, info.Id, info.Identity(Hub.Key), window, info.Number);
}
