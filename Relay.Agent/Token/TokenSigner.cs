using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Relay.Agent.Token;

/// <summary>Signs tokens with one key.</summary>
internal sealed class TokenSigner : IDisposable
{
    private const int MinSecretBytes = 32;

    private readonly string _algorithm;
    private readonly Func<byte[], byte[]> _sign;
    private readonly IDisposable? _key;

    private TokenSigner(string algorithm, Func<byte[], byte[]> sign, IDisposable? key) => (_algorithm, _sign, _key) = (algorithm, sign, key);

    /// <summary>HS256.</summary>
    /// <exception cref="ArgumentException">The relay would not take so short a secret.</exception>
    public static TokenSigner OfSecret(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        if (bytes.Length < MinSecretBytes) throw new ArgumentException($"a secret has at least {MinSecretBytes} bytes");
        return new("HS256", text => HMACSHA256.HashData(bytes, text), null);
    }

    /// <summary>RS256 or ES256, by the key.</summary>
    /// <exception cref="ArgumentException">It is no such key.</exception>
    public static TokenSigner OfPem(string pem)
    {
        var ec = ECDsa.Create();
        try
        {
            ec.ImportFromPem(pem);
            if (ec.KeySize != 256) throw new ArgumentException("of elliptic curves the relay takes P-256");
            return new("ES256", text => ec.SignData(text, HashAlgorithmName.SHA256), ec);
        }
        catch (Exception fault) when (fault is CryptographicException || (fault is ArgumentException && ec.KeySize == 521))
        {
            ec.Dispose();
        }

        var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        return new("RS256", text => rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), rsa);
    }

    /// <summary>Makes a token.</summary>
    /// <param name="keyId">The key's id, if any.</param>
    /// <param name="claims">Writes the claims.</param>
    public string Sign(string? keyId, Action<Utf8JsonWriter> claims)
    {
        var header = Part(json =>
        {
            json.WriteString("alg", _algorithm);
            json.WriteString("typ", "JWT");
            if (keyId is not null) json.WriteString("kid", keyId);
        });
        var text = $"{header}.{Part(claims)}";
        return $"{text}.{Base64Url.EncodeToString(_sign(Encoding.ASCII.GetBytes(text)))}";
    }

    public void Dispose() => _key?.Dispose();

    private static string Part(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }
}
