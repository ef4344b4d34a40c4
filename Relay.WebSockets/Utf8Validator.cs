using System.Text.Unicode;

namespace Relay.WebSockets;

/// <summary>
/// Validates UTF-8 that arrives in pieces and fails in the piece that holds the first impossible byte.
/// A mutable struct: one per message, kept in a field.
/// </summary>
internal struct Utf8Validator
{
    private const byte Impossible = byte.MaxValue;

    // How many bytes the sequence begun still needs, and what the next of them may be.
    private byte _needed;
    private byte _lowest;
    private byte _highest;

    /// <summary>Whether the text so far ends between two characters.</summary>
    public readonly bool IsComplete => _needed == 0;

    public void Reset() => _needed = 0;

    /// <summary>False: no continuation can make the text valid.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        while (_needed > 0 && !bytes.IsEmpty)
        {
            if (!TryStep(bytes[0])) return false;
            bytes = bytes[1..];
        }

        // The whole characters go through the framework's vectors, the unfinished one at the end byte by byte.
        var tail = UnfinishedTail(bytes);
        if (!Utf8.IsValid(bytes[..^tail])) return false;
        foreach (var b in bytes[^tail..])
            if (!TryStep(b)) return false;
        return true;
    }

    private static int UnfinishedTail(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= 3 && back <= bytes.Length; back++)
        {
            var b = bytes[^back];
            if ((b & 0xC0) == 0x80) continue;
            var length = b switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
            return length > back ? back : 0;
        }

        return 0;
    }

    private bool TryStep(byte b)
    {
        if (_needed > 0)
        {
            if (b < _lowest || b > _highest) return false;
            _needed--;
            (_lowest, _highest) = (0x80, 0xBF);
            return true;
        }

        // Table 3-7 of the Unicode Standard: the second byte rules out overlong forms, surrogates and what lies above U+10FFFF.
        (_needed, _lowest, _highest) = b switch
        {
            < 0x80 => ((byte)0, (byte)0, (byte)0),
            >= 0xC2 and <= 0xDF => ((byte)1, (byte)0x80, (byte)0xBF),
            0xE0 => ((byte)2, (byte)0xA0, (byte)0xBF),
            0xED => ((byte)2, (byte)0x80, (byte)0x9F),
            >= 0xE1 and <= 0xEF => ((byte)2, (byte)0x80, (byte)0xBF),
            0xF0 => ((byte)3, (byte)0x90, (byte)0xBF),
            0xF4 => ((byte)3, (byte)0x80, (byte)0x8F),
            >= 0xF1 and <= 0xF3 => ((byte)3, (byte)0x80, (byte)0xBF),
            _ => (Impossible, (byte)1, (byte)0),
        };
        return _needed != Impossible;
    }
}
