namespace Relay.Core.Tunnel;

/// <summary>
/// A chunk of the first tunnel protocol: the protobuf message <c>bytes data = 1</c>, one in each binary WebSocket message. Without data it keeps
/// the connection alive. See docs/protocol.md.
/// </summary>
public static class TunnelChunk
{
    /// <summary>The most data in one chunk.</summary>
    public const int MaxData = 512 * 1024;

    /// <summary>The longest header: the tag, and the length in five bytes.</summary>
    public const int MaxHeader = 6;

    /// <summary>Field 1, length-delimited.</summary>
    internal const byte Tag = 0x0A;

    private const int GroupBits = 7;
    private const int More = 0x80;

    /// <summary>How many bytes the header of a chunk takes.</summary>
    /// <param name="length">The data's length.</param>
    /// <returns>The header's size.</returns>
    public static int HeaderSize(int length)
    {
        var size = 2;
        while ((length >>= GroupBits) > 0) size++;
        return size;
    }

    /// <summary>Writes a chunk's header; the data follows it.</summary>
    /// <param name="destination">At least <see cref="HeaderSize"/> bytes.</param>
    /// <param name="length">The data's length, at most <see cref="MaxData"/>.</param>
    /// <returns>The header's size.</returns>
    public static int WriteHeader(Span<byte> destination, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxData);
        destination[0] = Tag;
        var size = 1;
        for (; length >= More; length >>= GroupBits) destination[size++] = (byte)(length | More);
        destination[size++] = (byte)length;
        return size;
    }
}
