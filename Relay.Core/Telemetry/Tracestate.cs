using System.Buffers;

namespace Relay.Core.Telemetry;

/// <summary>
/// The <c>tracestate</c> of the W3C's Trace Context: what tracing systems on the way have to say to themselves, as <c>key=value</c> in a list. The relay says nothing in it and
/// passes it on as it is, or drops the whole of it.
/// </summary>
public static class Tracestate
{
    /// <summary>Characters that are passed on; the specification asks for this many at the least. What is longer is dropped.</summary>
    public const int MaxLength = 512;

    private const int MaxMembers = 32;
    private const int MaxPart = 256;

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-*/@");

    /// <summary>Reads the values of the headers of that name, which together are one list.</summary>
    /// <param name="values">The values. They come from a client and may be anything.</param>
    /// <returns>The list, or null when there is none or it is not what it should be.</returns>
    public static string? Read(IReadOnlyList<string?> values)
    {
        if (values.Count == 0) return null;
        var length = 0;
        for (var i = 0; i < values.Count; i++) length += 1 + (values[i]?.Length ?? 0);
        // The commas between the values count, that behind the last one does not.
        if (length - 1 is 0 or > MaxLength) return null;
        var text = values.Count == 1 ? values[0]! : string.Join(',', values);
        return IsList(text) ? text : null;
    }

    private static bool IsList(ReadOnlySpan<char> text)
    {
        var members = 0;
        foreach (var range in text.Split(','))
        {
            var member = text[range].Trim(" \t");
            // Empty members are allowed: a system may have taken itself out.
            if (member.IsEmpty) continue;
            var equals = member.IndexOf('=');
            if (++members > MaxMembers || equals < 0 || !IsKey(member[..equals]) || !IsValue(member[(equals + 1)..])) return false;
        }

        return members > 0;
    }

    private static bool IsKey(ReadOnlySpan<char> key) => key.Length is > 0 and <= MaxPart && (char.IsAsciiLetterLower(key[0]) || char.IsAsciiDigit(key[0])) && !key.ContainsAnyExcept(KeyCharacters);

    private static bool IsValue(ReadOnlySpan<char> value) => value.Length is > 0 and <= MaxPart && !value.ContainsAnyExceptInRange(' ', '~') && !value.Contains('=');
}
