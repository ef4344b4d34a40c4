using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Relay.Core.Protocol;

namespace Relay.Gateway.Api;

/// <summary>What a back end pushes: <c>{"type":"…","data":…}</c>. The clients get just that.</summary>
internal static class PushBody
{
    private const int MaxTypeBytes = 256;

    public static readonly ApiFault Invalid = new(StatusCodes.Status400BadRequest, "invalid_body", "The body is an object of JSON with a type, a text of 1 to 256 bytes, and as it may be data and session_id.");
    public static readonly ApiFault Reserved = new(StatusCodes.Status400BadRequest, "reserved_type", "Frames of this type are the relay's own.");

    private static readonly ApiFault TooBig = new(StatusCodes.Status413PayloadTooLarge, "message_too_big", "The body is over hub.max_message_bytes.");

    /// <summary>What an operation that pushes takes.</summary>
    public static readonly ApiBody Taken = new(new("""{"type":"news","data":{"text":"hello"}}""", PushJson.Default.PushShape), static settings => settings.Hub.MaxMessageBytes, TooBig);

    /// <summary>Makes the frame that clients get; the data is passed on as it came.</summary>
    /// <returns>The frame, or why there is none.</returns>
    public static (Frame? Frame, ApiFault? Fault) Read(byte[] body)
    {
        if (!Utf8.IsValid(body) || !ClientEnvelope.TryRead(body, out var push, out _) || !push.RequestId.IsEmpty) return (null, Invalid);
        if (push.Type.Length is 0 or > MaxTypeBytes) return (null, Invalid);
        var type = push.TypeText();
        if (Frames.IsReserved(type)) return (null, Reserved);
        return (Frames.Plugin("", type, default, push.SessionId, push.Data.Span), null);
    }
}

/// <summary>The body's shape, for the OpenAPI document.</summary>
/// <param name="Type">The frame's type.</param>
/// <param name="Data">Whatever the client is to get.</param>
/// <param name="SessionId">The session that it is about, if any.</param>
internal sealed record PushShape(string Type, JsonElement? Data = null, string? SessionId = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PushShape))]
internal sealed partial class PushJson : JsonSerializerContext;
