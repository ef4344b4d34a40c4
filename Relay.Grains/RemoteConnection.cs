using Relay.Abstractions;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// A connection whose socket is at a gateway: what the hub and its plugins do to it goes there in order. It has room as long as what is on its
/// way stays in a window and the gateway has not said that the outbox is full.
/// </summary>
internal sealed class RemoteConnection(RemoteGatewayLink link, string id, UserIdentity identity, int window, long number) : IHubConnection, IGatewayConnection, IDelivered
{
    private readonly Lock _gate = new();
    private List<IRoomWaiter>? _waiters;
    private long _onItsWay;
    private int _blocked;
    private volatile bool _ended;

    public string Id => id;

    public UserIdentity Identity => identity;

    public RemoteGatewayLink Link => link;

    IHubConnection IGatewayConnection.Connection => this;

    public long Number => number;

    public bool IsClosed => _ended;

    public bool HasRoom => _ended || (Volatile.Read(ref _blocked) <= 0 && Interlocked.Read(ref _onItsWay) < window);

    public void Answer(Frame frame, Credit credit) => Send(DeliveryKind.Answer, frame, credit);

    public void Push(Frame frame)
    {
        // A frame larger than the window may pass when nothing else is on its way; as at the gateway's own outbox.
        if (Interlocked.Read(ref _onItsWay) is > 0 and var bytes && bytes + frame.Length > window) Close(ErrorCode.SlowConsumer);
        else Send(DeliveryKind.Push, frame, Credit.None);
    }

    public void Return(Credit credit)
    {
        if (credit != Credit.None && !_ended) link.Send(new(DeliveryKind.Return, id, [], credit.Messages, credit.Bytes, credit.Message), null);
    }

    public void HandBack(in ClientEnvelope message)
    {
        if (!_ended) link.Send(new(DeliveryKind.HandBack, id, message.Frame, 0, 0, message.Number), null);
        // Here it ends; the gateway's own goes on with the successor.
        if (message.Span is { } span) RelayTrace.End(span);
    }

    public void KeepOpen(int by)
    {
        if (!_ended) link.Send(new(DeliveryKind.KeepOpen, id, [], by, 0, 0), null);
    }

    public void Close(ErrorCode error)
    {
        if (!_ended) link.Send(new(DeliveryKind.Close, id, [], (int)error, 0, 0), null);
    }

    public bool WhenRoom(IRoomWaiter waiter)
    {
        lock (_gate)
        {
            if (HasRoom) return false;
            var waiters = _waiters ??= [];
            if (!waiters.Contains(waiter)) waiters.Add(waiter);
            return true;
        }
    }

    /// <summary>The gateway has taken so many bytes.</summary>
    public void Delivered(int bytes) => Change(static (connection, bytes) => Interlocked.Add(ref connection._onItsWay, -bytes), bytes);

    /// <summary>The gateway's outbox is full. Each is followed by one <see cref="Unblock"/>, which may overtake it.</summary>
    public void Block() => Change(static (connection, _) => connection._blocked++, 0);

    /// <summary>The gateway's outbox has room again.</summary>
    public void Unblock() => Change(static (connection, _) => connection._blocked--, 0);

    /// <summary>Its gateway learns of it by the welcome itself.</summary>
    public void Welcome()
    {
    }

    /// <summary>The connection is gone: what is sent to it is dropped, and nobody waits for it.</summary>
    public void End() => Change(static (connection, _) => connection._ended = true, 0);

    private void Send(DeliveryKind kind, Frame frame, Credit credit)
    {
        if (_ended) return;
        Interlocked.Add(ref _onItsWay, frame.Length);
        link.Send(new(kind, id, frame.Bytes, credit.Messages, credit.Bytes, credit.Message), this);
    }

    private void Change(Action<RemoteConnection, int> change, int bytes)
    {
        List<IRoomWaiter>? waiters = null;
        lock (_gate)
        {
            change(this, bytes);
            if (HasRoom) (waiters, _waiters) = (_waiters, null);
        }

        foreach (var waiter in waiters ?? []) waiter.RoomAgain(this);
    }
}
