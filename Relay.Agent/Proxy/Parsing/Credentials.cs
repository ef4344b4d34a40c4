using System.Security.Cryptography;
using System.Text;

namespace Relay.Agent.Proxy.Parsing;

/// <summary>The user name and password of the local side.</summary>
internal sealed class Credentials
{
    private readonly byte[] _pair;

    private Credentials(string user, string password) => (User, Password, _pair) = (user, password, Encoding.UTF8.GetBytes($"{user}:{password}"));

    public string User { get; }

    public string Password { get; }

    /// <summary>Reads <c>name:password</c>; null when it is none. Neither is empty, and SOCKS5 takes 255 bytes of each.</summary>
    public static Credentials? TryParse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == text.Length - 1 || text.Any(char.IsControl)) return null;
        var (user, password) = (text[..colon], text[(colon + 1)..]);
        return Encoding.UTF8.GetByteCount(user) > 255 || Encoding.UTF8.GetByteCount(password) > 255 ? null : new(user, password);
    }

    /// <summary>Whether a request has them, as Basic authentication. Takes as long when they differ early as when they differ late.</summary>
    public bool Match(HeaderBlock block)
    {
        var values = block.Values("Proxy-Authorization").ToList();
        if (values.Count != 1) return false;
        var parts = values[0].Split(' ', 2, StringSplitOptions.TrimEntries);
        var decoded = new byte[values[0].Length];
        return parts.Length == 2 && parts[0].Equals("Basic", StringComparison.OrdinalIgnoreCase)
            && Convert.TryFromBase64String(parts[1], decoded, out var count) && Match(decoded.AsSpan(0, count));
    }

    /// <summary>The same for the two fields of SOCKS5.</summary>
    public bool Match(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password) => Match([.. user, (byte)':', .. password]);

    private bool Match(ReadOnlySpan<byte> pair) => CryptographicOperations.FixedTimeEquals(pair, _pair);
}
