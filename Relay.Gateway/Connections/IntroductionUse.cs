using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Telemetry;
using Relay.Gateway.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>A peer's connection for introductions. The published clients end at any frame that is no introduction, so nothing else is ever sent.</summary>
internal sealed class IntroductionUse(Connection connection, GatewayCounters counters) : IConnectionUse, IPeerConnection, IRoomWaiter
{
    private readonly Lock _gate = new();

    // What found the outbox full: the last introduction of each peer, and the credit of the messages that led to them.
    private Dictionary<string, Frame>? _waiting;
    private Credit _owed;
    private PeerLink? _link;

    /// <summary>Joins the connection; it leaves by itself.</summary>
    public void Open(IPeerRuntime peers, Core.PeerKey peer)
    {
        var link = peers.Open(peer, this);
        _link = link;
        connection.Attach(this);
    }

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

    public void Leave() => _link!.Leave();

    public void Introduce(string peerId, Frame frame)
    {
        lock (_gate)
        {
            if (_waiting is null && connection.HasRoom)
            {
                connection.Answer(frame, Credit.None);
                return;
            }

            if (connection.IsClosed) return;
            _waiting ??= new(StringComparer.Ordinal);
            if (!_waiting.TryAdd(peerId, frame))
            {
                _waiting[peerId] = frame;
                counters.IntroductionMerged();
                return;
            }

            if (_waiting.Count > 1) return;
        }

        SendWaiting();
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
                connection.Answer(frame, Credit.None);
            }

            _waiting = null;
            (owed, _owed) = (_owed, Credit.None);
            return true;
        }
    }
}
