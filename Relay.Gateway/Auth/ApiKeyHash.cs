using System.Security.Cryptography;
using System.Text;

namespace Relay.Gateway.Auth;

/// <summary>
/// What is kept of an API key: its visible beginning, by which people tell keys apart, and SHA-256 of the whole. The key itself holds 256 random bits, so
/// that a slow hash would protect nothing more, and would cost a flood of bad keys the relay's time.
/// </summary>
/// <param name="Prefix">The beginning, such as <c>relay_k3x9ad2f</c>.</param>
/// <param name="Sha256">64 digits of lower-case hexadecimal.</param>
internal readonly record struct ApiKeyHash(string Prefix, string Sha256)
{
    private const string Mark = "relay_";
    private const int PrefixLength = 14;
    private const int KeyLength = 58;
    private const int VisibleLetters = 8;

    // 62^43 is more than 2^256.
    private const int SecretLetters = 43;
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>As it stands in the settings; empty when there is none.</summary>
    public string Text => Sha256 is null ? "" : $"{Prefix}:{Sha256}";

    public bool IsEmpty => Sha256 is null;

    /// <summary>Whether a credential is an API key, by its looks.</summary>
    public static bool LooksLikeKey(string credential) =>
        credential.Length == KeyLength && credential.StartsWith(Mark, StringComparison.Ordinal) && credential[PrefixLength] == '_';

    /// <summary>A new key. Nobody but whoever asked for it is to keep it.</summary>
    public static string NewKey() =>
        Mark + RandomNumberGenerator.GetString(Letters, VisibleLetters) + "_" + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ" + Letters, SecretLetters);

    public static ApiKeyHash Of(string key) => new(key[..PrefixLength], Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key))));

    public static bool TryRead(string text, out ApiKeyHash hash)
    {
        hash = default;
        if (text.Length == 0) return true;
        if (text.IndexOf(':') != PrefixLength || !text.StartsWith(Mark, StringComparison.Ordinal) || text.Length != PrefixLength + 1 + (2 * SHA256.HashSizeInBytes)) return false;
        var digits = text[(PrefixLength + 1)..];
        if (!digits.All(char.IsAsciiHexDigitLower)) return false;
        hash = new(text[..PrefixLength], digits);
        return true;
    }
}
