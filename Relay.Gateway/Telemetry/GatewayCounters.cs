using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Telemetry;

/// <summary>What the gateway counts on its sockets; read by the metrics.</summary>
internal sealed class GatewayCounters
{
    private readonly long[] _closed = new long[Enum.GetValues<CloseReason>().Length];
    private readonly long[] _credentialsRefused = new long[Enum.GetValues<AuthFault>().Length];
    private long _opened;
    private long _messagesReceived;
    private long _bytesReceived;
    private long _messagesSent;
    private long _bytesSent;
    private long _pushesOverflowed;
    private long _readingPauses;
    private long _pings;
    private long _deadPeers;
    private long _originsRefused;
    private long _handshakesRefused;
    private long _peerMessagesIgnored;
    private long _introductionsMerged;

    /// <summary>From the request for a WebSocket to the welcome, by job.</summary>
    public Durations Joins { get; } = new();

    public long Opened => Interlocked.Read(ref _opened);

    public long MessagesReceived => Interlocked.Read(ref _messagesReceived);

    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    public long MessagesSent => Interlocked.Read(ref _messagesSent);

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>Pushes that found the outbox full; each closed its connection.</summary>
    public long PushesOverflowed => Interlocked.Read(ref _pushesOverflowed);

    /// <summary>Times that a connection had no credit left and its data was not taken until some came back.</summary>
    public long ReadingPauses => Interlocked.Read(ref _readingPauses);

    public long Pings => Interlocked.Read(ref _pings);

    public long DeadPeers => Interlocked.Read(ref _deadPeers);

    public long OriginsRefused => Interlocked.Read(ref _originsRefused);

    /// <summary>Upgrades refused before there was a WebSocket, those for their origin not counted.</summary>
    public long HandshakesRefused => Interlocked.Read(ref _handshakesRefused);

    /// <summary>Messages of peers that were no message at all.</summary>
    public long PeerMessagesIgnored => Interlocked.Read(ref _peerMessagesIgnored);

    /// <summary>Introductions that took the place of an earlier one of the same peer, because the outbox was full.</summary>
    public long IntroductionsMerged => Interlocked.Read(ref _introductionsMerged);

    public long Closed(CloseReason reason) => Interlocked.Read(ref _closed[(int)reason]);

    /// <summary>Requests refused for what they showed, or did not show, of who they are.</summary>
    public long CredentialsRefused(AuthFault fault) => Interlocked.Read(ref _credentialsRefused[(int)fault]);

    public void CredentialRefused(AuthFault fault) => Interlocked.Increment(ref _credentialsRefused[(int)fault]);

    public void ConnectionOpened() => Interlocked.Increment(ref _opened);

    public void ConnectionClosed(CloseReason reason) => Interlocked.Increment(ref _closed[(int)reason]);

    /// <summary>A batch of messages was read. Every connection writes these words, so none does it for each message.</summary>
    public void Received(Credit taken)
    {
        if (taken == Credit.None) return;
        Interlocked.Add(ref _messagesReceived, taken.Messages);
        Interlocked.Add(ref _bytesReceived, taken.Bytes);
    }

    public void Sent(int messages, long bytes)
    {
        Interlocked.Add(ref _messagesSent, messages);
        Interlocked.Add(ref _bytesSent, bytes);
    }

    public void PushOverflowed() => Interlocked.Increment(ref _pushesOverflowed);

    public void ReadingPaused() => Interlocked.Increment(ref _readingPauses);

    public void PingSent() => Interlocked.Increment(ref _pings);

    public void DeadPeer() => Interlocked.Increment(ref _deadPeers);

    public void OriginRefused() => Interlocked.Increment(ref _originsRefused);

    public void HandshakeRefused() => Interlocked.Increment(ref _handshakesRefused);

    public void PeerMessageIgnored() => Interlocked.Increment(ref _peerMessagesIgnored);

    public void IntroductionMerged() => Interlocked.Increment(ref _introductionsMerged);
}
