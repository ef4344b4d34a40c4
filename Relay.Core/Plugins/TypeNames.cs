using System.Text;

namespace Relay.Core.Plugins;

/// <summary>Remembers the text of message types and topics, which are few and come again and again.</summary>
/// <remarks>A fixed number of places; a text that is not remembered is decoded, so hostile types cost no memory.</remarks>
internal sealed class TypeNames
{
    private const int Places = 1024;
    private const int MaxLength = 64;

    private readonly string?[] _names = new string?[Places];

    internal static TypeNames Shared { get; } = new();

    internal string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MaxLength) return Encoding.UTF8.GetString(utf8);
        var hash = new HashCode();
        hash.AddBytes(utf8);
        ref var place = ref _names[hash.ToHashCode() & (Places - 1)];
        if (place is { } known && known.Length == utf8.Length && Ascii.Equals(utf8, known)) return known;
        var name = Encoding.UTF8.GetString(utf8);
        place = name;
        return name;
    }
}
