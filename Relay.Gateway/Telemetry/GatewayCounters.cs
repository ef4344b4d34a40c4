using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Nodes;

namespace Relay.Gateway.Telemetry;

/// <summary>Why a request for a WebSocket got an HTTP status instead.</summary>
internal enum HandshakeRefusal
{
    /// <summary>It came from a page of another origin.</summary>
    Origin,

    /// <summary>It was no handshake, or asked for what cannot be.</summary>
    Invalid,

    /// <summary>Whoever asked is not let in, or not to this address.</summary>
    Denied,

    /// <summary>A limit.</summary>
    Limit,

    /// <summary>The relay is being stopped, or what decides cannot be asked.</summary>
    Unavailable,
}

/// <summary>What the gateway counts on its sockets; read by the metrics.</summary>
internal sealed class GatewayCounters
{
    private static readonly int Uses = Enum.GetValues<SocketUse>().Length;
    private static readonly int Refusals = Enum.GetValues<HandshakeRefusal>().Length;

    private readonly long[] _closed = new long[Enum.GetValues<CloseReason>().Length * Uses];
    private readonly long[] _refused = new long[Refusals * Uses];
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

    /// <summary>Errors that <c>/api/v1</c> has answered with.</summary>
    public CodeTally ApiErrors { get; } = new(ApiFaults.Codes);

    /// <summary>Errors that <c>/v1</c> has answered with.</summary>
    public CodeTally CallErrors { get; } = new(CallError.Codes);

    /// <summary>Messages of peers that were no message at all.</summary>
    public long PeerMessagesIgnored => Interlocked.Read(ref _peerMessagesIgnored);

    /// <summary>Introductions that took the place of an earlier one of the same peer, because the outbox was full.</summary>
    public long IntroductionsMerged => Interlocked.Read(ref _introductionsMerged);

    /// <summary>Connections of all uses that ended so.</summary>
    public long Closed(CloseReason reason)
    {
        var closed = 0L;
        for (var use = 0; use < Uses; use++) closed += Closed((SocketUse)use, reason);
        return closed;
    }

    public long Closed(SocketUse use, CloseReason reason) => Interlocked.Read(ref _closed[((int)reason * Uses) + (int)use]);

    /// <summary>Upgrades refused before there was a WebSocket.</summary>
    public long HandshakesRefused(SocketUse use, HandshakeRefusal why) => Interlocked.Read(ref _refused[((int)why * Uses) + (int)use]);

    /// <summary>Requests refused for what they showed, or did not show, of who they are.</summary>
    public long CredentialsRefused(AuthFault fault) => Interlocked.Read(ref _credentialsRefused[(int)fault]);

    public void CredentialRefused(AuthFault fault) => Interlocked.Increment(ref _credentialsRefused[(int)fault]);

    public void ConnectionOpened() => Interlocked.Increment(ref _opened);

    public void ConnectionClosed(SocketUse use, CloseReason reason) => Interlocked.Increment(ref _closed[((int)reason * Uses) + (int)use]);

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

    public void HandshakeRefused(SocketUse use, HandshakeRefusal why) => Interlocked.Increment(ref _refused[((int)why * Uses) + (int)use]);

    public void PeerMessageIgnored() => Interlocked.Increment(ref _peerMessagesIgnored);

    public void IntroductionMerged() => Interlocked.Increment(ref _introductionsMerged);
}
