using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Tests.Gateway.Auth;

/// <summary>An issuer of tokens that says and signs whatever a test wants, without a library that would know better.</summary>
internal sealed class TokenMint
{
    public const string Secret = "a secret of the tests that is long enough";

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string RsaPem => _rsa.ExportSubjectPublicKeyInfoPem();

    public string EcPem => _ec.ExportSubjectPublicKeyInfoPem();

    public RSAParameters RsaParameters => _rsa.ExportParameters(false);

    /// <summary>A token as an issuer makes it: for the audience <c>relay</c>, until an hour from the test clock's beginning.</summary>
    /// <param name="issuer">Its <c>iss</c>.</param>
    /// <param name="subject">Its <c>sub</c>.</param>
    /// <param name="claims">More claims, as JSON members with a comma before each.</param>
    /// <param name="algorithm">What it says, and is, signed with.</param>
    /// <param name="kid">Its key id.</param>
    /// <param name="expires">Its <c>exp</c>, in seconds from now.</param>
    public string Token(string issuer, string subject = "alice", string claims = "", string algorithm = "RS256", string? kid = null, int expires = 3600) =>
        Sign($$"""{"alg":"{{algorithm}}","typ":"JWT","kid":"{{kid ?? algorithm}}"}""", $$"""{"iss":"{{issuer}}","aud":"relay","sub":"{{subject}}","exp":{{Time(expires)}}{{claims}}}""", algorithm);

    /// <summary>A token of any header and payload.</summary>
    public string Sign(string header, string payload, string algorithm)
    {
        var text = $"{Encode(header)}.{Encode(payload)}";
        var bytes = Encoding.ASCII.GetBytes(text);
        byte[] signature = algorithm switch
        {
            "RS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "PS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "ES256" => _ec.SignData(bytes, HashAlgorithmName.SHA256),
            "HS256" => HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), bytes),
            // The old confusion: the public key, which everybody has, as if it were a secret.
            "HS256 with the public key" => HMACSHA256.HashData(Encoding.UTF8.GetBytes(RsaPem), bytes),
            _ => [],
        };
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>So many seconds from now, as a claim.</summary>
    public static long Time(int seconds) => DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds;

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
