using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Relay.WebSockets;

/// <summary>Writes frames into memory the caller gives: unmasked as a server, masked as a client.</summary>
internal static class FrameWriter
{
    /// <summary>The longest header of an unmasked frame.</summary>
    public const int MaxHeaderBytes = 10;

    /// <summary>How many bytes an unmasked frame's header takes; a mask is four more.</summary>
    public static int HeaderSize(long length) => length < 126 ? 2 : length < 65536 ? 4 : 10;

    /// <summary>Gives the header's size.</summary>
    public static int WriteHeader(Span<byte> destination, Opcode opcode, long length, bool fin = true)
    {
        var size = HeaderSize(length);
        destination[0] = (byte)((fin ? 0x80 : 0) | (int)opcode);
        switch (size)
        {
            case 2:
                destination[1] = (byte)length;
                break;
            case 4:
                destination[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)length);
                break;
            default:
                destination[1] = 127;
                BinaryPrimitives.WriteInt64BigEndian(destination[2..], length);
                break;
        }

        return size;
    }

    /// <summary>A client's header. The payload must then be masked with the key. Gives the header's size.</summary>
    public static int WriteMaskedHeader(Span<byte> destination, Opcode opcode, long length, uint maskKey, bool fin = true)
    {
        var size = WriteHeader(destination, opcode, length, fin);
        destination[1] |= 0x80;
        MemoryMarshal.Write(destination[size..], maskKey);
        return size + sizeof(uint);
    }

    /// <summary>A client's whole frame. Gives its size.</summary>
    public static int WriteMasked(Span<byte> destination, Opcode opcode, ReadOnlySpan<byte> payload, uint maskKey, bool fin = true)
    {
        var size = WriteMaskedHeader(destination, opcode, payload.Length, maskKey, fin);
        Masking.Apply(payload, destination[size..], maskKey, 0);
        return size + payload.Length;
    }

    /// <summary>A close frame's payload as an array of its own; see <see cref="WriteClosePayload"/>.</summary>
    public static byte[] ClosePayload(int code, string reason)
    {
        Span<byte> payload = stackalloc byte[FrameHeader.MaxControlPayload];
        return payload[..WriteClosePayload(payload, code, reason)].ToArray();
    }

    /// <summary>
    /// A close frame's payload into at most 125 bytes: nothing for <see cref="CloseCodes.NoStatus"/>, else the code and as many of the
    /// reason's characters as fit. Gives its size.
    /// </summary>
    public static int WriteClosePayload(Span<byte> destination, int code, ReadOnlySpan<char> reason = default)
    {
        if (code == CloseCodes.NoStatus) return 0;
        if (!CloseCodes.MayBeSent(code)) throw new ArgumentOutOfRangeException(nameof(code), code, "Not a code for the wire.");
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)code);
        var size = 2;
        foreach (var rune in reason.EnumerateRunes())
        {
            if (size + rune.Utf8SequenceLength > FrameHeader.MaxControlPayload) break;
            size += rune.EncodeToUtf8(destination[size..]);
        }

        return size;
    }
}
