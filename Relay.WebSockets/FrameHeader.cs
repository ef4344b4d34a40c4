using System.Buffers;
using System.Buffers.Binary;

namespace Relay.WebSockets;

/// <summary>A frame's header, with every check that needs nothing but the header.</summary>
internal readonly struct FrameHeader
{
    /// <summary>The longest header: two bytes, a 64-bit length, a mask.</summary>
    public const int MaxBytes = 14;

    public const int MaxControlPayload = 125;

    private FrameHeader(Opcode opcode, bool fin, long payloadLength, uint maskKey, int size)
    {
        Opcode = opcode;
        Fin = fin;
        PayloadLength = payloadLength;
        MaskKey = maskKey;
        Size = size;
    }

    public Opcode Opcode { get; }

    public bool Fin { get; }

    /// <summary>How many bytes the header itself takes.</summary>
    public int Size { get; }

    public uint MaskKey { get; }

    public long PayloadLength { get; }

    public bool IsControl => Opcode >= Opcode.Close;

    /// <summary>
    /// False: more bytes are needed when <paramref name="fault"/> is null, else the header breaks the protocol
    /// (always <see cref="CloseCodes.ProtocolError"/>). A fault shows as soon as its bytes are there.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, bool expectMasked, out FrameHeader header, out string? fault)
    {
        header = default;
        fault = null;
        if (bytes.Length < 2) return false;

        int first = bytes[0], second = bytes[1];
        var opcode = (Opcode)(first & 0x0F);
        var fin = (first & 0x80) != 0;
        var shortLength = second & 0x7F;
        fault = FaultOfStart(first, opcode, fin, (second & 0x80) != 0, expectMasked, shortLength);
        if (fault is not null) return false;

        var size = 2;
        long length = shortLength;
        if (shortLength > MaxControlPayload)
        {
            var wide = shortLength == 127;
            size = wide ? 10 : 4;
            if (bytes.Length < size) return false;
            var announced = wide ? BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]) : BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
            if (announced > long.MaxValue) fault = "a length with its top bit set";
            else if (announced < (wide ? 65536u : 126u)) fault = "a length not in its shortest form";
            if (fault is not null) return false;
            length = (long)announced;
        }

        uint key = 0;
        if (expectMasked)
        {
            if (bytes.Length < size + 4) return false;
            key = Masking.ReadKey(bytes[size..]);
            size += 4;
        }

        header = new FrameHeader(opcode, fin, length, key, size);
        return true;
    }

    /// <summary>The same over the segments of a sequence.</summary>
    public static bool TryParse(in ReadOnlySequence<byte> bytes, bool expectMasked, out FrameHeader header, out string? fault)
    {
        var start = bytes.FirstSpan;
        if (start.Length >= MaxBytes || bytes.IsSingleSegment) return TryParse(start, expectMasked, out header, out fault);
        Span<byte> joined = stackalloc byte[MaxBytes];
        var length = (int)Math.Min(MaxBytes, bytes.Length);
        bytes.Slice(0, length).CopyTo(joined);
        return TryParse(joined[..length], expectMasked, out header, out fault);
    }

    private static string? FaultOfStart(int first, Opcode opcode, bool fin, bool masked, bool expectMasked, int shortLength)
    {
        if ((first & 0x70) != 0) return "a reserved bit set";
        if (opcode is (> Opcode.Binary and < Opcode.Close) or > Opcode.Pong) return "an unknown opcode";
        if (masked != expectMasked) return expectMasked ? "an unmasked frame from a client" : "a masked frame from a server";
        if (opcode < Opcode.Close) return null;
        if (!fin) return "a fragmented control frame";
        if (shortLength > MaxControlPayload) return "a control frame over 125 bytes";
        return opcode == Opcode.Close && shortLength == 1 ? "a close frame with half a code" : null;
    }
}
