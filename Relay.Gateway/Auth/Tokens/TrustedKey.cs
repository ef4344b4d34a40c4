using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>A key that signs tokens, and the one algorithm that it signs with. What a token says of its algorithm only has to agree.</summary>
/// <param name="Id">The key id.</param>
/// <param name="Algorithm">RS256, ES256 or HS256.</param>
/// <param name="Key">The key.</param>
internal sealed record TrustedKey(string Id, string Algorithm, SecurityKey Key)
{
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;
    private const int P256Bits = 256;

    public static TrustedKey OfSecret(string id, string secret) =>
        new(id, SecurityAlgorithms.HmacSha256, new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)) { KeyId = id });

    /// <summary>Reads a public key: RSA signs with RS256, P-256 with ES256.</summary>
    public static bool TryReadPem(string id, string pem, [NotNullWhen(true)] out TrustedKey? key)
    {
        key = null;

        // A private key is no business of the relay's: whoever put it here by mistake is told.
        if (pem.Contains("PRIVATE", StringComparison.Ordinal)) return false;
        return TryImport(() => ReadRsa(id, pem), out key) || TryImport(() => ReadEc(id, pem), out key);
    }

    /// <summary>Reads a key of a JWK set. Those that are of another kind, for encryption or for another algorithm are none.</summary>
    public static bool TryReadJwk(JsonElement jwk, [NotNullWhen(true)] out TrustedKey? key)
    {
        key = null;
        if (jwk.ValueKind != JsonValueKind.Object || Text(jwk, "kid") is not { Length: > 0 and <= 256 } id) return false;
        if (Text(jwk, "use") is not (null or "sig")) return false;
        return (Text(jwk, "kty"), Text(jwk, "alg")) switch
        {
            ("RSA", null or SecurityAlgorithms.RsaSha256) => TryImport(() => OfRsa(id, new() { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") }), out key),
            ("EC", null or SecurityAlgorithms.EcdsaSha256) when Text(jwk, "crv") == "P-256" =>
                TryImport(() => OfEc(id, new() { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") } }), out key),
            _ => false,
        };
    }

    private static TrustedKey? ReadRsa(string id, string pem)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        return OfRsa(id, rsa.ExportParameters(false));
    }

    private static TrustedKey? ReadEc(string id, string pem)
    {
        using var ec = ECDsa.Create();
        ec.ImportFromPem(pem);
        return ec.KeySize == P256Bits ? OfEc(id, ec.ExportParameters(false)) : null;
    }

    private static TrustedKey? OfRsa(string id, RSAParameters parameters) =>
        parameters.Modulus!.Length * 8 is >= MinRsaBits and <= MaxRsaBits
            ? new(id, SecurityAlgorithms.RsaSha256, new RsaSecurityKey(RSA.Create(parameters)) { KeyId = id })
            : null;

    private static TrustedKey? OfEc(string id, ECParameters parameters) =>
        new(id, SecurityAlgorithms.EcdsaSha256, new ECDsaSecurityKey(ECDsa.Create(parameters)) { KeyId = id });

    private static bool TryImport(Func<TrustedKey?> read, [NotNullWhen(true)] out TrustedKey? key)
    {
        try
        {
            key = read();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException)
        {
            key = null;
        }

        return key is not null;
    }

    private static string? Text(JsonElement jwk, string name) => jwk.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] Bytes(JsonElement jwk, string name) => Base64UrlEncoder.DecodeBytes(Text(jwk, name) ?? throw new FormatException());
}
