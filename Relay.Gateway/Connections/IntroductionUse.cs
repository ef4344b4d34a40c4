using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Telemetry;
using Relay.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>A peer's connection for introductions. The published clients end at any frame that is no introduction, so nothing else is ever sent.</summary>
internal sealed class IntroductionUse(Connection connection, long maxWaitingBytes, GatewayCounters counters, IRelayEvents events) : IConnectionUse, IPeerConnection, IRoomWaiter
{
    private readonly Lock _gate = new();

    // What found the outbox full: the last introduction of each peer, and the credit of the messages that led to them.
    private Dictionary<string, Frame>? _waiting;
    private long _waitingBytes;
    private Credit _owed;
    private PeerLink? _link;
    private RelayEvent _connected;

    /// <summary>Joins the connection; it leaves by itself.</summary>
    public void Open(IPeerRuntime peers, PeerKey peer)
    {
        var link = peers.Open(peer, this);
        _link = link;
        _connected = new(peer.Tenant, RelayEventKind.PeerConnected, peer.PeerId) { UserId = connection.Identity.UserId, ConnectionId = connection.Id };
        events.Tell(_connected);
        connection.Attach(this);
    }

    public string Job => "introduction";

    public void Take(Connection connection, in IncomingFrame frame, Credit credit)
    {
        var format = frame.IsText ? PeerFormat.Json : PeerFormat.MessagePack;
        var message = PeerMessage.Read(frame.Payload, format);
        switch (message.Verb)
        {
            case PeerVerb.Join:
                _link!.Join(message.Documents, format, credit);
                break;
            case PeerVerb.Leave:
                _link!.LeaveDocuments(message.Documents, credit);
                break;
            case PeerVerb.None:
                if (message.IsMalformed) counters.PeerMessageIgnored();
                connection.Return(credit);
                break;
        }
    }

    public void Leave()
    {
        events.Tell(_connected with { Kind = RelayEventKind.PeerDisconnected });
        _link!.Leave();
    }

    public void Introduce(string peerId, Frame frame)
    {
        bool isFirst;
        lock (_gate)
        {
            if (_waiting is null && connection.HasRoom)
            {
                connection.Answer(frame, Credit.None);
                return;
            }

            if (connection.IsClosed) return;
            isFirst = Keep(_waiting ??= new(StringComparer.Ordinal), peerId, frame);
            // One alone may be larger than the bound.
            if (!isFirst && (_waitingBytes <= maxWaitingBytes || _waiting.Count == 1)) return;
            if (!isFirst) (_waiting, _waitingBytes) = (null, 0);
        }

        if (isFirst)
        {
            SendWaiting();
            return;
        }

        counters.PushOverflowed();
        connection.Close(CloseReason.SlowConsumer);
    }

    public void Done(Credit credit)
    {
        lock (_gate)
        {
            if (_waiting is not null && !connection.IsClosed)
            {
                _owed = new(_owed.Messages + credit.Messages, _owed.Bytes + credit.Bytes);
                return;
            }
        }

        connection.Return(credit);
    }

    public void Close(CloseReason reason) => connection.Close(reason);

    void IRoomWaiter.RoomAgain(IHubConnection connection) => SendWaiting();

    // Whether it is the first that waits.
    private bool Keep(Dictionary<string, Frame> waiting, string peerId, Frame frame)
    {
        _waitingBytes += frame.Length;
        if (waiting.TryAdd(peerId, frame)) return waiting.Count == 1;
        _waitingBytes -= waiting[peerId].Length;
        waiting[peerId] = frame;
        counters.IntroductionMerged();
        return false;
    }

    // Until nothing waits, or the outbox is full again; then it tells when there is room.
    private void SendWaiting()
    {
        do
        {
            if (!TrySendAll(out var owed)) continue;
            connection.Return(owed);
            return;
        }
        while (!connection.WhenRoom(this));
    }

    private bool TrySendAll(out Credit owed)
    {
        lock (_gate)
        {
            owed = Credit.None;
            foreach (var (peer, frame) in _waiting ?? [])
            {
                if (!connection.HasRoom) return false;
                _waiting!.Remove(peer);
                _waitingBytes -= frame.Length;
                connection.Answer(frame, Credit.None);
            }

            _waiting = null;
            (owed, _owed) = (_owed, Credit.None);
            return true;
        }
    }
}
