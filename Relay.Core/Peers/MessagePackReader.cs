using System.Buffers.Binary;
using System.Text;

namespace Relay.Core.Peers;

/// <summary>Reads MessagePack from memory, and nothing beyond its end. What is not of the kind that is asked for stays unread.</summary>
internal ref struct MessagePackReader(ReadOnlySpan<byte> bytes)
{
    // Deeper nesting is nobody's message.
    private const int MaxDepth = 64;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal bool TryReadMap(out long members) => TryReadCount(0x80, 0xDE, out members);

    internal bool TryReadArray(out long items) => TryReadCount(0x90, 0xDC, out items);

    internal bool TryReadText(out string? text)
    {
        text = null;
        if (_rest.IsEmpty) return false;
        var first = _rest[0];
        var (header, width) = first switch
        {
            >= 0xA0 and <= 0xBF => (1, 0),
            0xD9 => (2, 1),
            0xDA => (3, 2),
            0xDB => (5, 4),
            _ => (0, 0),
        };
        if (header == 0 || _rest.Length < header) return false;
        var length = width == 0 ? first & 0x1F : Number(_rest[1..], width);
        if (_rest.Length - header < length) return false;
        try
        {
            text = Strict.GetString(_rest.Slice(header, (int)length));
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        _rest = _rest[(header + (int)length)..];
        return true;
    }

    /// <summary>Skips one value of any kind.</summary>
    internal bool TrySkip() => TrySkip(0);

    private static long Number(ReadOnlySpan<byte> from, int width) => width switch
    {
        1 => from[0],
        2 => BinaryPrimitives.ReadUInt16BigEndian(from),
        _ => BinaryPrimitives.ReadUInt32BigEndian(from),
    };

    private bool TryReadCount(byte small, byte wide, out long count)
    {
        count = 0;
        if (_rest.IsEmpty) return false;
        var first = _rest[0];
        if ((first & 0xF0) == small)
        {
            count = first & 0x0F;
            _rest = _rest[1..];
            return true;
        }

        var width = first == wide ? 2 : first == wide + 1 ? 4 : 0;
        if (width == 0 || _rest.Length < 1 + width) return false;
        count = Number(_rest[1..], width);
        _rest = _rest[(1 + width)..];
        return true;
    }

    private bool TrySkip(int depth)
    {
        if (_rest.IsEmpty || depth > MaxDepth) return false;
        if (TryReadMap(out var members)) return TrySkipMany(members * 2, depth);
        if (TryReadArray(out var items)) return TrySkipMany(items, depth);
        var first = _rest[0];
        // How long it is: a fixed number of bytes, or a length of so many bytes and what stands between it and the data.
        var (size, width) = first switch
        {
            < 0x80 or >= 0xE0 or 0xC0 or 0xC2 or 0xC3 => (1, 0),
            >= 0xA0 and <= 0xBF => (1 + (first & 0x1F), 0),
            0xC4 or 0xD9 => (1, 1),
            0xC5 or 0xDA => (1, 2),
            0xC6 or 0xDB => (1, 4),
            0xC7 => (2, 1),
            0xC8 => (2, 2),
            0xC9 => (2, 4),
            0xCC or 0xD0 => (2, 0),
            0xCD or 0xD1 or 0xD4 => (3, 0),
            0xCA or 0xCE or 0xD2 => (5, 0),
            0xCB or 0xCF or 0xD3 => (9, 0),
            0xD5 => (4, 0),
            0xD6 => (6, 0),
            0xD7 => (10, 0),
            0xD8 => (18, 0),
            _ => (0, 0), // 0xC1 is never used; maps and arrays that got here are cut off
        };
        if (size == 0 || _rest.Length < 1 + width) return false;
        long all = size;
        if (width > 0) all += width + Number(_rest[1..], width);
        if (_rest.Length < all) return false;
        _rest = _rest[(int)all..];
        return true;
    }

    private bool TrySkipMany(long count, int depth)
    {
        // Each takes a byte at least: a count beyond that is a lie, and not worth counting up to.
        if (count > _rest.Length) return false;
        for (var i = 0L; i < count; i++)
            if (!TrySkip(depth + 1)) return false;
        return true;
    }
}
