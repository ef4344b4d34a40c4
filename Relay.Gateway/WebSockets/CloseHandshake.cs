namespace Relay.Gateway.WebSockets;

/// <summary>
/// Who has said goodbye (RFC 6455, 7.1). Tells when a close frame is to be sent, and when the transport may be closed:
/// the server does that, once both sides have closed. One owner, not thread-safe.
/// </summary>
internal sealed class CloseHandshake
{
    public enum Phase
    {
        Open,

        /// <summary>Our close frame is on its way; the peer's may still come.</summary>
        Sent,

        /// <summary>The peer closed, or broke the protocol and will not be read again; our close frame is owed.</summary>
        Received,

        /// <summary>Nothing more to say.</summary>
        Done,
    }

    public Phase Current { get; private set; }

    /// <summary>Whether data still counts; after a close in either direction it is ignored.</summary>
    public bool TakesData => Current == Phase.Open;

    public bool MayCloseTransport => Current == Phase.Done;

    /// <summary>Our side closes. True: send the close frame now. False: a close is under way already.</summary>
    public bool Begin()
    {
        if (Current != Phase.Open) return false;
        Current = Phase.Sent;
        return true;
    }

    /// <summary>
    /// The peer's close frame came, with its code or <see cref="CloseCodes.NoStatus"/>. True: answer with <paramref name="reply"/>,
    /// then call <see cref="Replied"/>. False: it was the answer to ours.
    /// </summary>
    public bool Receive(int code, out int reply)
    {
        reply = code;
        return EndPeer();
    }

    /// <summary>The peer broke the protocol and is not read any more. True: a close frame is owed, as after <see cref="Receive"/>.</summary>
    public bool Fail() => EndPeer();

    /// <summary>The close frame that was owed is on its way.</summary>
    public void Replied()
    {
        if (Current != Phase.Received) throw new InvalidOperationException($"No close frame is owed in phase {Current}.");
        Current = Phase.Done;
    }

    private bool EndPeer()
    {
        var owed = Current == Phase.Open;
        Current = Current switch
        {
            Phase.Open => Phase.Received,
            Phase.Sent => Phase.Done,
            Phase.Received => Phase.Received,
            Phase.Done => Phase.Done,
        };
        return owed;
    }
}
