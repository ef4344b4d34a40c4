using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>
/// What a token says of itself, nothing of which is proven: enough to find the key that it has to be signed with, and to refuse at once what no key could
/// make good. Members of JSON that stand twice, and everything that a token of this relay has no use for, are refused.
/// </summary>
/// <param name="Algorithm">The algorithm.</param>
/// <param name="KeyId">The key id, or null.</param>
/// <param name="Issuer">Who says to have signed it.</param>
internal sealed record TokenOutline(string Algorithm, string? KeyId, string Issuer)
{
    /// <summary>The longest token, in characters.</summary>
    public const int MaxLength = 8192;

    private const int MaxDepth = 16;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    // Base64url as RFC 7515 has it: what decodes it would take padding and white space as well, and one token would have many texts.
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>The claims.</summary>
    public required JsonElement Claims { get; init; }

    /// <summary>Reads a token.</summary>
    /// <returns>Null when it is none, or none that could be good.</returns>
    public static TokenOutline? Read(string token)
    {
        if (token.Length > MaxLength || token.AsSpan().ContainsAnyExcept(Alphabet) || token.AsSpan().Count('.') != 2) return null;
        var (first, second) = (token.IndexOf('.'), token.LastIndexOf('.'));
        if (Parse(token.AsSpan(0, first)) is not { } header || Parse(token.AsSpan(first + 1, second - first - 1)) is not { } claims) return null;

        // crit asks for what the relay does not know; b64, zip and enc change what the rest means.
        if (header.TryGetProperty("crit", out _) || header.TryGetProperty("zip", out _) || header.TryGetProperty("enc", out _) || header.TryGetProperty("b64", out _)) return null;
        if (Text(header, "alg") is not { } algorithm || Text(claims, "iss") is not { } issuer) return null;
        if (header.TryGetProperty("kid", out var kid) && kid.ValueKind != JsonValueKind.String) return null;
        if (header.TryGetProperty("typ", out var typ) && (typ.ValueKind != JsonValueKind.String || !IsType(typ.GetString()!))) return null;
        return new(algorithm, Text(header, "kid"), issuer) { Claims = claims };
    }

    /// <summary>A claim that is a text.</summary>
    public string? Text(string claim) => Text(Claims, claim);

    /// <summary>A claim that is a list of texts, or one text.</summary>
    /// <param name="claim">Which.</param>
    /// <param name="separator">What separates several in one text, if anything.</param>
    public IReadOnlyList<string> Texts(string claim, char? separator = null)
    {
        if (!Claims.TryGetProperty(claim, out var value)) return [];
        if (value.ValueKind == JsonValueKind.String) return separator is { } by ? value.GetString()!.Split(by, StringSplitOptions.RemoveEmptyEntries) : [value.GetString()!];
        if (value.ValueKind != JsonValueKind.Array) return [];
        return [.. value.EnumerateArray().Where(static each => each.ValueKind == JsonValueKind.String).Select(static each => each.GetString()!)];
    }

    /// <summary>A claim that is a moment.</summary>
    public DateTimeOffset? Moment(string claim)
    {
        if (!Claims.TryGetProperty(claim, out var value) || value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds)) return null;
        return seconds is >= 0 and <= 253_402_300_799 ? DateTimeOffset.UnixEpoch.AddSeconds(Math.Floor(seconds)) : null;
    }

    // Tokens with a type of their own, such as for a logout, are for something else.
    private static bool IsType(string type) =>
        type.Equals("JWT", StringComparison.OrdinalIgnoreCase) || type.Equals("at+jwt", StringComparison.OrdinalIgnoreCase) || type.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase);

    private static JsonElement? Parse(ReadOnlySpan<char> part)
    {
        // A flood of what is no token is to cost little, so nothing here is left to exceptions before the looks are right.
        if (part.IsEmpty || !Base64Url.IsValid(part, out _)) return null;
        var bytes = Base64Url.DecodeFromChars(part);
        if (bytes.Length < 2 || bytes[0] != '{' || !System.Text.Unicode.Utf8.IsValid(bytes)) return null;
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair
        }
    }
}
