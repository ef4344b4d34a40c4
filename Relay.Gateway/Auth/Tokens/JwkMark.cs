using System.Text;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>By what it is known that somebody was admitted by a key of a key set: the set, and in it the key by its id and its thumbprint.</summary>
internal static class JwkMark
{
    private const string Begin = "jwks\n";

    public static string OfSet(string issuer, string url) => $"{Begin}{issuer}\n{url}";

    public static string Of(string issuer, string url, TrustedKey key) =>
        $"{OfSet(issuer, url)}\n{Convert.ToHexStringLower(key.Key.ComputeJwkThumbprint())}:{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(key.Id))}";

    /// <summary>The set's mark in a key's; null when it is no mark of such a key.</summary>
    public static string? SetOf(string mark) => mark.StartsWith(Begin, StringComparison.Ordinal) ? mark[..mark.LastIndexOf('\n')] : null;
}
