using System.Buffers;
using System.Text;

namespace Relay.Agent.Proxy.Parsing;

/// <summary>
/// The lines of an HTTP header block. Only what cannot be read in two ways is taken: lines end with CRLF, nothing is folded, and no control
/// character stands in them.
/// </summary>
internal sealed class HeaderBlock
{
    private static readonly SearchValues<byte> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // Tab is the one control character that a value may have.
    private static readonly SearchValues<byte> Forbidden = SearchValues.Create([.. Enumerable.Range(0, 32).Where(b => b != '\t').Select(b => (byte)b), 127]);

    private HeaderBlock(string firstLine, List<KeyValuePair<string, string>> headers) => (FirstLine, Headers) = (firstLine, headers);

    public string FirstLine { get; }

    public List<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Whether the byte may begin a request: the first letter of a method.</summary>
    public static bool IsToken(byte first) => Token.Contains(first);

    /// <summary>How long the block at the start of the bytes is, its empty line included; -1 when it does not end in them.</summary>
    public static int Length(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOf("\r\n\r\n"u8);
        return at < 0 ? -1 : at + 4;
    }

    /// <summary>Reads a whole block; null when it is malformed.</summary>
    public static HeaderBlock? Read(ReadOnlySpan<byte> block)
    {
        block = block[..^2];
        string? firstLine = null;
        var headers = new List<KeyValuePair<string, string>>(8);
        while (!block.IsEmpty)
        {
            var end = block.IndexOf("\r\n"u8);
            var line = block[..end];
            block = block[(end + 2)..];
            if (line.ContainsAny(Forbidden)) return null;
            if (firstLine is null)
            {
                firstLine = Encoding.Latin1.GetString(line);
                continue;
            }

            var colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[..colon].IndexOfAnyExcept(Token) >= 0) return null;
            headers.Add(new(Encoding.Latin1.GetString(line[..colon]), Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8))));
        }

        return firstLine is null ? null : new(firstLine, headers);
    }

    /// <summary>The values of a header, one for each line that has it.</summary>
    public IEnumerable<string> Values(string name)
    {
        foreach (var header in Headers)
            if (header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) yield return header.Value;
    }

    /// <summary>The elements of a header that is a list, over all its lines.</summary>
    public IEnumerable<string> Elements(string name) =>
        Values(name).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Whether a header that is a list has the element.</summary>
    public bool Has(string name, string element) => Elements(name).Contains(element, StringComparer.OrdinalIgnoreCase);
}
