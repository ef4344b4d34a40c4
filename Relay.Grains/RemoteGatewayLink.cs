using System.Diagnostics;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Core.Telemetry;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The link of a gateway in another process: batches that the grain takes, and the way back through the silo's outbox for that gateway.</summary>
internal sealed class RemoteGatewayLink(UserHubActor hub, GatewayOutbox outbox, long epoch, int window) : GatewayLink(hub, epoch)
{
    private long _lastBatch;
    private volatile bool _isClosed;

    /// <summary>The user, as an actor's key.</summary>
    public string User { get; } = hub.Key.ToActorKey();

    /// <summary>The last batch taken.</summary>
    public long LastBatch => Volatile.Read(ref _lastBatch);

    public override bool IsLost => outbox.IsLost;

    public void Send(in Delivery item, IDelivered? delivered) => outbox.Enqueue(this, item, delivered);

    public override Task TellGroups(in Delivery item)
    {
        var heard = new Heard();
        Send(item, heard);
        return heard.Task;
    }

    public void GatewayLost()
    {
        foreach (var connection in Connections) Leave(connection);
    }

    /// <summary>The gateway's next batch. The silo's inbox only.</summary>
    /// <returns>False when it is not for this link.</returns>
    public bool Accept(UserBatch batch)
    {
        if (batch.Epoch != Epoch) return false;
        if (batch.Number <= _lastBatch) return true;
        if (_isClosed || IsLost) return false;
        Volatile.Write(ref _lastBatch, batch.Number);
        var traces = RelayTrace.IsOn ? batch.Traces : null;
        for (int i = 0, trace = 0; i < batch.Items.Length; i++)
        {
            var item = batch.Items[i];
            var parent = traces is not null && trace < traces.Length && traces[trace].Item == i ? traces[trace++].Context : null;
            if (Find(item.Connection) is RemoteConnection connection) Accept(connection, item, parent);
        }

        return true;
    }

    // What comes now is refused, and waits at the gateway for the successor.
    public override void Close()
    {
        _isClosed = true;
        TellOf(DeliveryKind.Leaving);
    }

    public override void Moved() => TellOf(DeliveryKind.Moved);

    public override Task FlushAsync() => outbox.FlushAsync();

    public override void End() => outbox.Remove(this);

    protected override IGatewayConnection New(ConnectionInfo info) => new RemoteConnection(this, info.Id, info.Identity(Hub.Key), window, info.Number);

    private void TellOf(DeliveryKind kind)
    {
        if (Connections.Count > 0) Send(new(kind, "", [], 0, 0, 0), null);
    }

    private void Accept(RemoteConnection connection, in ClientItem item, byte[]? parent)
    {
        switch (item.Kind)
        {
            case ClientItemKind.Message when ClientEnvelope.TryRead(item.Frame, out var envelope, out _):
                Hub.Take(connection, envelope with { Number = item.Number, Span = parent is null ? null : Begin(connection, parent) });
                break;
            case ClientItemKind.Message:
                break; // no gateway sends what it could not read itself
            case ClientItemKind.Leave:
                Leave(connection);
                break;
            case ClientItemKind.Room:
                // What was said by a hub before this one does not count.
                if (item.Number == Epoch) connection.Unblock();
                break;
        }
    }

    private static Activity? Begin(RemoteConnection connection, byte[] parent)
    {
        var span = RelayTrace.Begin(RelayTrace.HubDispatch, ActivityKind.Consumer, Traceparent.OfBytes(parent));
        if (span is not { IsAllDataRequested: true }) return span;
        span.SetTag(RelayTrace.Tenant, connection.Identity.Tenant);
        span.SetTag(RelayTrace.Connection, connection.Id);
        return span;
    }

    private sealed class Heard() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IDelivered
    {
        public void Delivered(int bytes) => TrySetResult();
    }
}
