using System.Buffers;

namespace Relay.WebSockets;

/// <summary>Makes frames of the bytes that a peer sends: no I/O, no waiting.</summary>
internal interface IFrameReader
{
    /// <summary>A close frame or a violation has been read: what comes after it is thrown away.</summary>
    bool IsFinished { get; }

    /// <summary>
    /// Takes the next frame or message off <paramref name="input"/>. On <see cref="ReadStatus.NeedMore"/> the rest of it (less than a
    /// header and a control frame's payload) must be given again, with more behind it.
    /// </summary>
    ReadStatus TryRead(ref ReadOnlySequence<byte> input, out IncomingFrame frame);
}
