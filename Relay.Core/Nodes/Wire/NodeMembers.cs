using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Relay.Core.Nodes.Wire;

/// <summary>The members of one message, each within its bounds; what is not leaves a mark, and some value that nobody will see.</summary>
internal sealed class NodeMembers(JsonElement message)
{
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private static readonly SearchValues<char> CodeLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    internal bool AreGood { get; private set; } = true;

    /// <summary>Whether a header's name is one, in lower case, and not too long.</summary>
    internal static bool IsHeaderName(string name) =>
        name.Length is > 0 and <= NodeWire.MaxHeaderNameBytes && !name.AsSpan().ContainsAnyExcept(Token) && !name.AsSpan().ContainsAnyInRange('A', 'Z');

    /// <summary>Whether a header's value may go into HTTP as it is: visible ASCII, with spaces and tabs within.</summary>
    internal static bool IsHeaderValue(string value) =>
        value.Length <= NodeWire.MaxHeaderValueBytes && !value.Any(static c => c is (< ' ' or > '~') and not '\t') && value.AsSpan().Trim(" \t").Length == value.Length;

    internal static bool IsPath(string path) => path.Length <= NodeWire.MaxPathBytes && path.StartsWith('/') && !path.AsSpan().ContainsAnyExceptInRange('!', '~') && !path.AsSpan().ContainsAny('?', '#');

    internal bool Has(ReadOnlySpan<byte> name) => message.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    internal long Id() => Long("id"u8, 1, NodeWire.MaxRequestId);

    internal int Number(ReadOnlySpan<byte> name, int least, int most) => (int)Long(name, least, most);

    internal long Long(ReadOnlySpan<byte> name, long least, long most) =>
        message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : Bad(least);

    internal string Text(ReadOnlySpan<byte> name, int maxBytes) =>
        message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && Fits(text, maxBytes) ? text : Bad("");

    internal string TextOrEmpty(ReadOnlySpan<byte> name, int maxBytes)
    {
        if (!message.TryGetProperty(name, out var value)) return "";
        return value.ValueKind == JsonValueKind.String && value.GetString() is { } text && Encoding.UTF8.GetByteCount(text) <= maxBytes ? text : Bad("");
    }

    internal string Code(ReadOnlySpan<byte> name) => Checked(Text(name, NodeWire.MaxErrorCodeBytes), static text => !text.AsSpan().ContainsAnyExcept(CodeLetters));

    internal string Method(ReadOnlySpan<byte> name) => Checked(Text(name, NodeWire.MaxMethodBytes), static text => !text.AsSpan().ContainsAnyExcept(Token));

    internal string Path(ReadOnlySpan<byte> name) => Checked(Text(name, NodeWire.MaxPathBytes), IsPath);

    internal IReadOnlyList<string> Names(ReadOnlySpan<byte> name)
    {
        if (!message.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > NodeWire.MaxModels) return Bad<IReadOnlyList<string>>([]);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var element in value.EnumerateArray())
            if (element.ValueKind != JsonValueKind.String || element.GetString() is not { Length: > 0 } text || !Fits(text, NodeWire.MaxNameBytes) || !names.Add(text)) return Bad<IReadOnlyList<string>>([]);
        return [.. names];
    }

    internal IReadOnlyList<KeyValuePair<string, string>> Headers()
    {
        var none = Array.Empty<KeyValuePair<string, string>>();
        if (!message.TryGetProperty("headers"u8, out var value)) return none;
        if (value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() > NodeWire.MaxHeaders) return Bad(none);
        var headers = new List<KeyValuePair<string, string>>(value.GetPropertyCount());
        var bytes = 0;
        foreach (var member in value.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.String || !IsHeaderName(member.Name) || member.Value.GetString() is not { } text || !IsHeaderValue(text)) return Bad(none);
            if ((bytes += member.Name.Length + text.Length) > NodeWire.MaxHeadersBytes) return Bad(none);
            headers.Add(new(member.Name, text));
        }

        return headers;
    }

    // A name goes into keys and lists: no U+0000, as everywhere.
    private static bool Fits(string text, int maxBytes) => Encoding.UTF8.GetByteCount(text) <= maxBytes && !text.Contains('\0');

    private string Checked(string text, Func<string, bool> isGood) => text.Length > 0 && isGood(text) ? text : Bad("");

    private T Bad<T>(T instead)
    {
        AreGood = false;
        return instead;
    }
}
