using System.Buffers;
using System.Diagnostics;

namespace Relay.Core.Telemetry;

/// <summary>The <c>traceparent</c> of the W3C's Trace Context: <c>00-{trace, 32 hex digits}-{span, 16}-{flags, 2}</c>.</summary>
public static class Traceparent
{
    /// <summary>Characters of version 00.</summary>
    public const int Length = 55;

    // A later version may have more behind it.
    internal const int LongestText = 128;

    private const int TraceStart = 3, TraceLength = 32, SpanStart = 36, SpanLength = 16, FlagsStart = 53;

    /// <summary>Reads it.</summary>
    /// <param name="text">The text, ASCII. It comes from a client and may be anything.</param>
    /// <param name="context">What it says, marked as remote.</param>
    /// <returns>False when it says nothing.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out ActivityContext context)
    {
        context = default;
        if (text.Length is < Length or > LongestText || text[2] != '-' || text[SpanStart - 1] != '-' || text[FlagsStart - 1] != '-') return false;
        Span<byte> bytes = stackalloc byte[1 + 16 + 8 + 1];
        if (!TryHex(text[..2], bytes) || !TryHex(text.Slice(TraceStart, TraceLength), bytes[1..])) return false;
        if (!TryHex(text.Slice(SpanStart, SpanLength), bytes[17..]) || !TryHex(text.Slice(FlagsStart, 2), bytes[25..])) return false;
        if (bytes[0] == 0xff || (bytes[0] == 0 ? text.Length > Length : text.Length > Length && text[Length] != '-')) return false;
        if (!bytes.Slice(1, 16).ContainsAnyExcept((byte)0) || !bytes.Slice(17, 8).ContainsAnyExcept((byte)0)) return false;
        var flags = (ActivityTraceFlags)bytes[25] & ActivityTraceFlags.Recorded;
        context = new(ActivityTraceId.CreateFromBytes(bytes.Slice(1, 16)), ActivitySpanId.CreateFromBytes(bytes.Slice(17, 8)), flags, isRemote: true);
        return true;
    }

    /// <summary>Reads the value of a header.</summary>
    /// <param name="text">The value.</param>
    /// <param name="context">What it says, marked as remote.</param>
    /// <returns>False when it says nothing.</returns>
    public static bool TryRead(string? text, out ActivityContext context)
    {
        context = default;
        if (text is null || text.Length is < Length or > LongestText) return false;
        Span<byte> bytes = stackalloc byte[LongestText];
        return System.Text.Ascii.FromUtf16(text, bytes, out var length) == OperationStatus.Done && TryRead(bytes[..length], out context);
    }

    /// <summary>Writes it.</summary>
    /// <param name="context">A trace and a span.</param>
    /// <returns>The text, in version 00.</returns>
    public static string Write(ActivityContext context) =>
        $"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-{(context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? "01" : "00")}";

    private static bool TryHex(ReadOnlySpan<byte> text, Span<byte> bytes) =>
        !text.ContainsAnyInRange((byte)'A', (byte)'F') && Convert.FromHexString(text, bytes, out _, out _) == OperationStatus.Done;
}
