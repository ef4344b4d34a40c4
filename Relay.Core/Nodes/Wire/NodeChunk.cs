using System.Buffers.Binary;

namespace Relay.Core.Nodes.Wire;

/// <summary>The header of a binary frame: a part of a request's or a response's body. The rest of the frame is the body's bytes.</summary>
/// <param name="Id">The request.</param>
/// <param name="Sequence">The chunk's place in its body, from 0.</param>
/// <param name="IsLast">Whether the body ends with it.</param>
public readonly record struct NodeChunk(long Id, uint Sequence, bool IsLast)
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 16;

    private const byte Body = 1;
    private const byte Last = 1;

    /// <summary>What a frame of so many bytes of a body takes from the credit. Only an empty one, which ends its body, takes nothing.</summary>
    /// <param name="bodyBytes">Bytes beside the header.</param>
    /// <returns>Bytes of credit.</returns>
    public static int Cost(int bodyBytes) => bodyBytes == 0 ? 0 : HeaderBytes + bodyBytes;

    /// <summary>Writes the header.</summary>
    /// <param name="header">Room for <see cref="HeaderBytes"/>.</param>
    public void Write(Span<byte> header)
    {
        header[0] = Body;
        header[1] = IsLast ? Last : (byte)0;
        header[2] = 0;
        header[3] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], Sequence);
        BinaryPrimitives.WriteInt64BigEndian(header[8..], Id);
    }

    /// <summary>Reads the header of a frame.</summary>
    /// <param name="frame">The frame's payload, its beginning at the least.</param>
    /// <param name="frameBytes">How long the whole of it is.</param>
    /// <param name="maxChunkBytes">The welcome's bound.</param>
    /// <param name="chunk">The header.</param>
    /// <returns>What is wrong with it.</returns>
    public static NodeWireFault TryRead(ReadOnlySpan<byte> frame, long frameBytes, int maxChunkBytes, out NodeChunk chunk)
    {
        chunk = default;
        if (frame.Length < HeaderBytes || frame[0] != Body || (frame[1] & ~Last) != 0 || frame[2] != 0 || frame[3] != 0) return NodeWireFault.BadHeader;
        var id = BinaryPrimitives.ReadInt64BigEndian(frame[8..]);
        if (id is < 1 or > NodeWire.MaxRequestId) return NodeWireFault.BadHeader;
        if (frameBytes - HeaderBytes > maxChunkBytes) return NodeWireFault.ChunkTooBig;
        chunk = new NodeChunk(id, BinaryPrimitives.ReadUInt32BigEndian(frame[4..]), frame[1] == Last);
        return frameBytes == HeaderBytes && !chunk.IsLast ? NodeWireFault.EmptyChunk : NodeWireFault.None;
    }
}
