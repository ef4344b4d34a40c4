using System.Numerics;
using System.Runtime.Intrinsics;

namespace Relay.Core.Protocol;

/// <summary>
/// The quick way to an envelope's members. It takes only what is JSON beyond doubt and ordinary: names without escapes, each of the
/// envelope's members at most once and of its own kind. Everything else is left to the framework's reader, which also words the faults.
/// </summary>
internal static class EnvelopeScanner
{
    // Below the framework's own limit of 64, which counts the message itself.
    private const int MaxDepth = 60;

    /// <summary>Finds the members.</summary>
    /// <param name="frame">Valid UTF-8.</param>
    /// <param name="members">Where they stand.</param>
    /// <returns>False when the message is not JSON, or not ordinary.</returns>
    public static bool TryScan(ReadOnlySpan<byte> frame, out EnvelopeMembers members)
    {
        members = default;
        var at = 0;
        SkipSpace(frame, ref at);
        if (At(frame, at) != '{') return false;
        at++;
        SkipSpace(frame, ref at);
        while (true)
        {
            var name = at;
            if (!TrySkipName(frame, ref at, out var length) || length < 0) return false;
            var value = at;
            if (!TrySkipValue(frame, ref at)) return false;
            if (!TryPlace(frame, frame.Slice(name + 1, length), new(value, at - value), ref members)) return false;
            SkipSpace(frame, ref at);
            if (At(frame, at) != ',') break;
            at++;
            SkipSpace(frame, ref at);
        }

        if (At(frame, at) != '}') return false;
        at++;
        SkipSpace(frame, ref at);
        return at == frame.Length && members.Type.Start != 0;
    }

    private static bool TryPlace(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> name, Slice value, ref EnvelopeMembers members)
    {
        var first = frame[value.Start];
        if (name.Length == 4)
        {
            if (name.SequenceEqual("type"u8))
            {
                if (members.Type.Start != 0 || first != '"') return false;
                members.Type = new(value.Start + 1, value.Length - 2);
                return !members.Type.Of(frame).Contains((byte)'\\');
            }

            return !name.SequenceEqual("data"u8) || TrySet(ref members.Data, value);
        }

        if (name.Length != 10)
        {
            if (name.Length == 11 && name.SequenceEqual("traceparent"u8)) members.Traceparent = EnvelopeMembers.TraceparentAt(members.Traceparent, frame, value);
            return true;
        }

        // Null, which counts as absent, and what is refused are the reader's.
        if (name.SequenceEqual("request_id"u8)) return first is (byte)'"' or (byte)'-' or (>= (byte)'0' and <= (byte)'9') && TrySet(ref members.RequestId, value);
        return !name.SequenceEqual("session_id"u8) || (first == '"' && TrySet(ref members.SessionId, value));
    }

    private static bool TrySet(ref Slice member, Slice value)
    {
        if (member.Start != 0) return false;
        member = value;
        return true;
    }

    private static bool TrySkipValue(ReadOnlySpan<byte> frame, ref int at)
    {
        // A bit for each container around: set for an object. The innermost is the lowest.
        var objects = 0UL;
        var depth = 0;
        while (true)
        {
            var opens = At(frame, at);
            if (opens is (byte)'{' or (byte)'[')
            {
                if (++depth > MaxDepth) return false;
                var isObject = opens == '{';
                objects = (objects << 1) | (isObject ? 1UL : 0UL);
                at++;
                SkipSpace(frame, ref at);
                if (At(frame, at) != (isObject ? '}' : ']'))
                {
                    if (isObject && !TrySkipName(frame, ref at, out _)) return false;
                    continue;
                }
            }
            else if (!TrySkipScalar(frame, ref at))
            {
                return false;
            }

            while (true)
            {
                if (depth == 0) return true;
                SkipSpace(frame, ref at);
                var isObject = (objects & 1) != 0;
                var next = At(frame, at);
                at++;
                if (next == ',')
                {
                    SkipSpace(frame, ref at);
                    if (isObject && !TrySkipName(frame, ref at, out _)) return false;
                    break;
                }

                if (next != (isObject ? '}' : ']')) return false;
                depth--;
                objects >>= 1;
            }
        }
    }

    private static bool TrySkipScalar(ReadOnlySpan<byte> frame, ref int at)
    {
        switch (At(frame, at))
        {
            case (byte)'"':
                return TrySkipString(frame, ref at, out _);
            case (byte)'t':
                return TrySkipWord(frame, "true"u8, ref at);
            case (byte)'f':
                return TrySkipWord(frame, "false"u8, ref at);
            case (byte)'n':
                return TrySkipWord(frame, "null"u8, ref at);
            default:
                return TrySkipNumber(frame, ref at);
        }
    }

    // The length is that of the name's text, or -1 when it has escapes.
    private static bool TrySkipName(ReadOnlySpan<byte> frame, ref int at, out int length)
    {
        length = 0;
        var start = at;
        if (At(frame, at) != '"' || !TrySkipString(frame, ref at, out var escaped)) return false;
        length = escaped ? -1 : at - start - 2;
        SkipSpace(frame, ref at);
        if (At(frame, at) != ':') return false;
        at++;
        SkipSpace(frame, ref at);
        return true;
    }

    private static bool TrySkipString(ReadOnlySpan<byte> frame, ref int at, out bool escaped)
    {
        escaped = false;
        at++;
        while (true)
        {
            SkipPlainText(frame, ref at);
            var end = At(frame, at);
            if (end == '"')
            {
                at++;
                return true;
            }

            escaped = true;
            if (end != '\\' || !TrySkipEscape(frame, ref at)) return false;
        }
    }

    // Up to a quote, a backslash or a control character. Most texts are short: a search that is set up for long ones costs twice as much.
    private static void SkipPlainText(ReadOnlySpan<byte> frame, ref int at)
    {
        for (; at <= frame.Length - Vector128<byte>.Count; at += Vector128<byte>.Count)
        {
            var text = Vector128.Create(frame.Slice(at, Vector128<byte>.Count));
            var ends = Vector128.Equals(text, Vector128.Create((byte)'"')) | Vector128.Equals(text, Vector128.Create((byte)'\\')) | Vector128.LessThan(text, Vector128.Create((byte)' '));
            if (ends == Vector128<byte>.Zero) continue;
            at += BitOperations.TrailingZeroCount(ends.ExtractMostSignificantBits());
            return;
        }

        while (At(frame, at) is not ((byte)'"' or (byte)'\\' or < (byte)' ')) at++;
    }

    private static bool TrySkipEscape(ReadOnlySpan<byte> frame, ref int at)
    {
        var kind = At(frame, at + 1);
        at += 2;
        if (kind != 'u') return "\"\\/bfnrt"u8.Contains(kind);
        for (var end = at + 4; at < end; at++)
            if (!char.IsAsciiHexDigit((char)At(frame, at))) return false;
        return true;
    }

    private static bool TrySkipWord(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> word, ref int at)
    {
        var there = frame[at..].StartsWith(word);
        at += word.Length;
        return there;
    }

    private static bool TrySkipNumber(ReadOnlySpan<byte> frame, ref int at)
    {
        if (At(frame, at) == '-') at++;
        if (At(frame, at) == '0') at++;
        else if (!TrySkipDigits(frame, ref at)) return false;
        if (At(frame, at) == '.')
        {
            at++;
            if (!TrySkipDigits(frame, ref at)) return false;
        }

        if (At(frame, at) is not ((byte)'e' or (byte)'E')) return true;
        at++;
        if (At(frame, at) is (byte)'+' or (byte)'-') at++;
        return TrySkipDigits(frame, ref at);
    }

    private static bool TrySkipDigits(ReadOnlySpan<byte> frame, ref int at)
    {
        var start = at;
        while (At(frame, at) is >= (byte)'0' and <= (byte)'9') at++;
        return at > start;
    }

    private static void SkipSpace(ReadOnlySpan<byte> frame, ref int at)
    {
        while (At(frame, at) is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r') at++;
    }

    // Beyond the end stands a zero, which JSON has no use for.
    private static byte At(ReadOnlySpan<byte> frame, int at) => (uint)at < (uint)frame.Length ? frame[at] : (byte)0;
}

/// <summary>Where the members of an envelope stand in its frame; none starts at 0.</summary>
internal struct EnvelopeMembers
{
    /// <summary>The text of <c>type</c>, without quotes.</summary>
    public Slice Type;

    /// <summary>The token of <c>request_id</c>.</summary>
    public Slice RequestId;

    /// <summary>The token of <c>session_id</c>.</summary>
    public Slice SessionId;

    /// <summary>The raw JSON of <c>data</c>.</summary>
    public Slice Data;

    /// <summary>Where the text of <c>traceparent</c> begins; 0 when there is none, -1 when what there is says nothing.</summary>
    public int Traceparent;

    /// <summary>Where the text of a <c>traceparent</c> begins, if it can be one: what says nothing is no fault of the message.</summary>
    /// <param name="before">What was found before.</param>
    /// <param name="frame">The message.</param>
    /// <param name="value">The member's value.</param>
    public static int TraceparentAt(int before, ReadOnlySpan<byte> frame, Slice value) =>
        before == 0 && frame[value.Start] == '"' && value.Length is >= Telemetry.Traceparent.Length + 2 and <= Telemetry.Traceparent.LongestText + 2 ? value.Start + 1 : -1;
}

/// <summary>A part of a frame.</summary>
internal readonly record struct Slice(int Start, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> frame) => frame.Slice(Start, Length);
}
