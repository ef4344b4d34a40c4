using System.ClientModel.Primitives;
using System.Text.Json;

namespace Relay.Plugins.Ai;

/// <summary>Makes of an upstream's error what a user may read: its own short message where it has one, never a body or a key.</summary>
internal static class UpstreamFault
{
    private const int MaxBodyBytes = 16 * 1024;
    private const int MaxMessageChars = 300;
    private const int MaxCodeChars = 64;

    /// <summary>Reads the answer of a status other than 200.</summary>
    public static async Task<ChatUpstreamException> ReadAsync(PipelineResponse response, string? apiKey, CancellationToken cancellation)
    {
        // What an upstream says of its credentials quotes them.
        if (response.Status is 401 or 403)
            return new("The upstream refused the relay's credentials.", response.Status);
        if (response.Status is >= 300 and < 400)
            return new("The upstream redirects elsewhere, which is not followed.", response.Status);

        var (message, code) = Parse(await ReadBodyAsync(response.ContentStream, cancellation));
        return Make($"The upstream answered with status {response.Status}", message, response.Status, code, apiKey);
    }

    /// <summary>Makes the exception of an error event within a stream.</summary>
    public static ChatUpstreamException FromEvent(string message, string? code, string? apiKey) =>
        Make("The upstream reported an error", message, status: null, code, apiKey);

    /// <summary>Reads the <c>error</c> member: an object with message and code, or just a text.</summary>
    public static (string? Message, string? Code) Describe(JsonElement error) => error.ValueKind switch
    {
        JsonValueKind.String => (error.GetString(), null),
        JsonValueKind.Object => (TextOf(error, "message"), TextOf(error, "code") ?? TextOf(error, "type")),
        _ => (null, null),
    };

    private static ChatUpstreamException Make(string what, string? message, int? status, string? code, string? apiKey)
    {
        message = Clean(message, MaxMessageChars, apiKey);
        return new(message is null ? $"{what}." : $"{what}: {message}", status, Clean(code, MaxCodeChars, apiKey));
    }

    private static string? Clean(string? text, int limit, string? apiKey)
    {
        if (string.IsNullOrWhiteSpace(text) || (apiKey is not null && text.Contains(apiKey, StringComparison.Ordinal)))
            return null;
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        if (line.Length <= limit)
            return line;
        // Not between the halves of a surrogate pair.
        return line[..(char.IsHighSurrogate(line[limit - 1]) ? limit - 1 : limit)] + "…";
    }

    private static (string? Message, string? Code) Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                ? Describe(root.TryGetProperty("error", out var error) ? error : root)
                : (null, null);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return (null, null); // a page of HTML, or cut off: the status says enough
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(Stream? content, CancellationToken cancellation)
    {
        if (content is null)
            return default;
        var body = new byte[MaxBodyBytes];
        try
        {
            var read = await content.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation);
            return body.AsMemory(0, read);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            return default;
        }
    }

    private static string? TextOf(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
