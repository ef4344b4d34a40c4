using Relay.Abstractions;
using Relay.Core.Hubs;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Telemetry;
using Relay.Gateway.WebSockets;

namespace Relay.Gateway.Connections;

/// <summary>A peer's socket for introductions. The published clients end at any frame that is no introduction, so nothing else is ever sent.</summary>
internal sealed class IntroductionConnection(string id, UserIdentity identity, IFrameSocket socket, ITransport transport, ConnectionLimits limits, GatewayCounters counters)
    : Connection(id, identity, socket, transport, limits, counters), IPeerConnection, IRoomWaiter
{
    private readonly Lock _gate = new();

    // What found the outbox full: the last introduction of each peer, and the credit of the messages that led to them.
    private Dictionary<string, Frame>? _waiting;
    private Credit _owed;

    protected override bool TellsErrors => false;

    public void Introduce(string peerId, Frame frame)
    {
        lock (_gate)
        {
            if (_waiting is null && HasRoom)
            {
                Answer(frame, Credit.None);
                return;
            }

            if (IsClosed) return;
            (_waiting ??= new(StringComparer.Ordinal))[peerId] = frame;
        }

        SendWaiting();
    }

    public void Done(Credit credit)
    {
        lock (_gate)
        {
            if (_waiting is not null && !IsClosed)
            {
                _owed = new(_owed.Messages + credit.Messages, _owed.Bytes + credit.Bytes);
                return;
            }
        }

        Return(credit);
    }

    public void RoomAgain(IHubConnection connection) => SendWaiting();

    protected override void Receive(in IncomingFrame frame, Credit credit)
    {
        var format = frame.IsText ? PeerFormat.Json : PeerFormat.MessagePack;
        var message = PeerMessage.Read(frame.Payload, format);
        switch (message.Verb)
        {
            case PeerVerb.Join:
                ((PeerLink)Link!).Join(message.Documents, format, credit);
                break;
            case PeerVerb.Leave:
                ((PeerLink)Link!).LeaveDocuments(message.Documents, credit);
                break;
            case PeerVerb.None:
                if (message.IsMalformed) Counters.PeerMessageIgnored();
                Return(credit);
                break;
        }
    }

    // Until the outbox is full again, or nothing waits. When it is full, it tells when there is room.
    private void SendWaiting()
    {
        do
        {
            Credit owed;
            lock (_gate)
            {
                while (_waiting is { Count: > 0 } waiting && (HasRoom || IsClosed))
                {
                    var (peer, frame) = waiting.First();
                    waiting.Remove(peer);
                    Answer(frame, Credit.None);
                }

                if (_waiting is { Count: > 0 }) continue;
                _waiting = null;
                (owed, _owed) = (_owed, Credit.None);
            }

            Return(owed);
            return;
        }
        while (!WhenRoom(this));
    }
}
