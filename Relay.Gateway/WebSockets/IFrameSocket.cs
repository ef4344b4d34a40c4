using Relay.WebSockets;

namespace Relay.Gateway.WebSockets;

/// <summary>
/// A WebSocket as frames. The receive side (<see cref="WaitAsync"/>, <see cref="TryRead"/>) and the send side
/// (<see cref="Write"/>, <see cref="FlushAsync"/>) may run on two threads; each is used by one at a time.
/// Dispose it when both have ended.
/// </summary>
internal interface IFrameSocket : IAsyncDisposable
{
    /// <summary>
    /// Waits until something has arrived that was not there at the last call. False: the peer's side has ended, or the socket was aborted.
    /// Holds no buffer while it waits, unless part of a header or control frame is all that came.
    /// </summary>
    ValueTask<bool> WaitAsync(CancellationToken cancellation = default);

    /// <summary>The next frame among what has arrived; <see cref="ReadStatus.NeedMore"/> when <see cref="WaitAsync"/> must be called.</summary>
    ReadStatus TryRead(out IncomingFrame frame);

    /// <summary>Appends a frame to what the next flush sends. The payload is copied.</summary>
    void Write(Opcode opcode, ReadOnlySpan<byte> payload);

    /// <summary>Appends frames, or a part of one, as they go on the wire. They are copied.</summary>
    void WriteFramed(ReadOnlySpan<byte> frames);

    /// <summary>Sends what was written. False: the peer's side has ended, or the socket was aborted.</summary>
    ValueTask<bool> FlushAsync(CancellationToken cancellation = default);

    /// <summary>Ends the wait for input, now or the next one, and leaves the transport alone: what was sent still arrives. Any thread.</summary>
    void EndReceive();

    /// <summary>Ends the transport and with it every wait and flush under way. Any thread, any number of times; nothing of the waiter runs on the caller's stack.</summary>
    void Abort();
}
