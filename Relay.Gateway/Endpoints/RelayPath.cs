using System.Text;
using Relay.Core;

namespace Relay.Gateway.Endpoints;

/// <summary>The parsed request target; see <see cref="IRelayPath"/>.</summary>
internal sealed class RelayPath : IRelayPath
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private RelayPath(TenantId? tenant, IReadOnlyList<string> segments) => (Tenant, Segments) = (tenant, segments);

    public TenantId? Tenant { get; }

    public IReadOnlyList<string> Segments { get; }

    /// <summary>Parses a raw request target: origin form, or absolute form as a proxy's client sends it.</summary>
    /// <param name="target">The target as it stood in the request line.</param>
    /// <param name="path">The path.</param>
    /// <returns>False when an escape is malformed, its bytes are not UTF-8, or the tenant is no valid id.</returns>
    public static bool TryParse(string target, out RelayPath path)
    {
        path = null!;
        var raw = target.AsSpan();
        if (raw.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme && !target.StartsWith('/'))
        {
            raw = raw[(scheme + 3)..];
            raw = raw.IndexOf('/') is >= 0 and var slash ? raw[slash..] : "/";
        }

        if (raw.IndexOf('?') is >= 0 and var query) raw = raw[..query];
        if (!raw.StartsWith('/')) return false;
        var segments = new List<string>(4);
        foreach (var range in raw[1..].Split('/'))
        {
            if (!TryDecode(raw[1..][range], plusIsSpace: false, out var segment)) return false;
            segments.Add(segment);
        }

        TenantId? tenant = null;
        if (segments is ["t", var name, _, ..])
        {
            if (!Ids.IsValid(name)) return false;
            tenant = new TenantId(name);
            segments.RemoveRange(0, 2);
        }

        path = new(tenant, segments);
        return true;
    }

    /// <summary>Finds a query parameter.</summary>
    /// <param name="query">The raw query, with its question mark.</param>
    /// <param name="name">The parameter, plain ASCII.</param>
    /// <param name="value">The decoded value, or null when it is not there.</param>
    /// <returns>False when it stands twice or is malformed.</returns>
    public static bool TryQuery(string query, string name, out string? value)
    {
        value = null;
        var raw = query.AsSpan().TrimStart('?');
        foreach (var range in raw.Split('&'))
        {
            var pair = raw[range];
            var equals = pair.IndexOf('=');
            if (!(equals < 0 ? pair : pair[..equals]).SequenceEqual(name)) continue;
            if (value is not null) return false;
            if (!TryDecode(equals < 0 ? "" : pair[(equals + 1)..], plusIsSpace: true, out value)) return false;
        }

        return true;
    }

    // Once, strictly: %zz and bytes that are not UTF-8 are refused, and %25 gives a % that is not looked at again.
    private static bool TryDecode(ReadOnlySpan<char> text, bool plusIsSpace, out string decoded)
    {
        decoded = "";
        if (text.IndexOf('%') < 0 && !plusIsSpace)
        {
            decoded = text.ToString();
            return true;
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])) return false;
                bytes[count++] = Convert.FromHexString(text.Slice(i + 1, 2))[0];
                i += 2;
            }
            else if (char.IsAscii(text[i]))
            {
                bytes[count++] = plusIsSpace && text[i] == '+' ? (byte)' ' : (byte)text[i];
            }
            else
            {
                return false; // a request target is ASCII
            }
        }

        try
        {
            decoded = Strict.GetString(bytes, 0, count);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
