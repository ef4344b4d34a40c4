using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Relay.Core.Errors;

namespace Relay.Core.Protocol;

/// <summary>Writes the frames that the relay sends to a hub's clients. Each call makes one exact-size frame.</summary>
public static class Frames
{
    // Clients parse JSON; nobody pastes a frame into HTML. So only what JSON itself demands is escaped.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A plugin's frame: an answer, a part of a stream, or a push.</summary>
    /// <param name="prefix">The plugin's prefix, ASCII.</param>
    /// <param name="topic">The type without the prefix.</param>
    /// <param name="requestId">The JSON token of the request's id, or empty.</param>
    /// <param name="sessionId">The JSON token of the session's id, or empty.</param>
    /// <param name="data">Raw JSON, or empty.</param>
    /// <returns>The frame.</returns>
    public static Frame Plugin(string prefix, string topic, ReadOnlySpan<byte> requestId, ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> data)
    {
        if (!Plain(topic)) topic = JsonEncodedText.Encode(topic).ToString();
        var length = "{\"type\":\"\"}".Length + prefix.Length + topic.Length
            + (requestId.IsEmpty ? 0 : ",\"request_id\":".Length + requestId.Length)
            + (sessionId.IsEmpty ? 0 : ",\"session_id\":".Length + sessionId.Length)
            + (data.IsEmpty ? 0 : ",\"data\":".Length + data.Length);
        var bytes = GC.AllocateUninitializedArray<byte>(length);
        var rest = bytes.AsSpan();
        Put(ref rest, "{\"type\":\""u8);
        rest = rest[Encoding.ASCII.GetBytes(prefix, rest)..];
        rest = rest[Encoding.ASCII.GetBytes(topic, rest)..];
        Put(ref rest, "\""u8);
        Member(ref rest, ",\"request_id\":"u8, requestId);
        Member(ref rest, ",\"session_id\":"u8, sessionId);
        Member(ref rest, ",\"data\":"u8, data);
        Put(ref rest, "}"u8);
        return new(bytes);
    }

    /// <summary>An error of the relay's own catalogue.</summary>
    /// <param name="code">The error.</param>
    /// <param name="message">What a person reads, or null for the catalogue's sentence.</param>
    /// <param name="requestId">The JSON token of the request's id, or empty.</param>
    /// <returns>The frame.</returns>
    public static Frame Error(ErrorCode code, string? message = null, ReadOnlySpan<byte> requestId = default)
    {
        ErrorTally.Count(code);
        var entry = ErrorCatalogue.Of(code);
        return Error(entry.Code, message ?? entry.Meaning, requestId, default, default);
    }

    /// <summary>A plugin's own error.</summary>
    /// <param name="code">The full code, prefix included.</param>
    /// <param name="message">What a person reads.</param>
    /// <param name="requestId">The JSON token of the request's id, or empty.</param>
    /// <param name="sessionId">The JSON token of the session's id, or empty.</param>
    /// <param name="data">Raw JSON, or empty.</param>
    /// <returns>The frame.</returns>
    public static Frame Error(string code, string message, ReadOnlySpan<byte> requestId, ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> data)
    {
        var buffer = new ArrayBufferWriter<byte>(160 + requestId.Length + sessionId.Length + data.Length);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteString("error"u8, code);
        json.WriteString("message"u8, message);
        Raw(json, "request_id"u8, requestId);
        Raw(json, "session_id"u8, sessionId);
        Raw(json, "data"u8, data);
        json.WriteEndObject();
        json.Flush();
        return new(buffer.WrittenSpan.ToArray());
    }

    /// <summary>The first frame of a connection.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="clientCount">The user's connections, this one included.</param>
    /// <param name="connectionId">This connection.</param>
    /// <param name="plugins">Prefix and status of every plugin.</param>
    /// <returns>The frame.</returns>
    public static Frame Welcome(string userId, int clientCount, string connectionId, ReadOnlySpan<(string Prefix, string Status)> plugins)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("type"u8, "welcome"u8);
        json.WriteString("user_id"u8, userId);
        json.WriteNumber("client_count"u8, clientCount);
        json.WriteString("connection_id"u8, connectionId);
        json.WriteStartObject("plugins"u8);
        foreach (var (prefix, status) in plugins)
        {
            json.WriteStartObject(prefix);
            json.WriteString("status"u8, status);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return new(buffer.WrittenSpan.ToArray());
    }

    /// <summary>The news that a plugin's state has changed.</summary>
    /// <param name="prefix">The plugin.</param>
    /// <param name="status">Its status now.</param>
    /// <returns>The frame.</returns>
    public static Frame PluginStatus(string prefix, string status) =>
        new(Encoding.UTF8.GetBytes($"{{\"type\":\"plugin_status\",\"plugin\":\"{prefix}\",\"status\":\"{status}\"}}"));

    /// <summary>Types of frames that are the relay's own, which no back end and no plugin may send.</summary>
    public static ImmutableArray<string> Reserved { get; } = ["welcome", "error", "plugin_status", "expiring", "authenticated"];

    /// <summary>Whether frames of a type are the relay's own.</summary>
    /// <param name="type">The type.</param>
    /// <returns>True when they are.</returns>
    public static bool IsReserved(string type) => Reserved.Contains(type);

    /// <summary>The news that a connection's token runs out soon.</summary>
    /// <param name="at">When the connection ends, unless it sends a fresh one.</param>
    /// <returns>The frame.</returns>
    public static Frame Expiring(DateTimeOffset at) => Ending("expiring", at, default);

    /// <summary>The answer to a fresh token.</summary>
    /// <param name="until">When the connection ends now, or null when it does not.</param>
    /// <param name="requestId">The JSON token of the request's id, or empty.</param>
    /// <returns>The frame.</returns>
    public static Frame Authenticated(DateTimeOffset? until, ReadOnlySpan<byte> requestId) => Ending("authenticated", until, requestId);

    /// <summary>Writes a text as a JSON token.</summary>
    /// <param name="text">The text, or null.</param>
    /// <returns>The token with its quotes; empty for null.</returns>
    public static byte[] Token(string? text) => text is null ? [] : JsonSerializer.SerializeToUtf8Bytes(text, FrameJson.Default.String);

    private static Frame Ending(string type, DateTimeOffset? at, ReadOnlySpan<byte> requestId)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        Raw(json, "request_id"u8, requestId);
        json.WriteStartObject("data"u8);
        json.WriteString("expires_at"u8, at?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return new(buffer.WrittenSpan.ToArray());
    }

    private static bool Plain(string text)
    {
        foreach (var c in text)
            if (c is < ' ' or > '~' or '"' or '\\') return false;
        return true;
    }

    private static void Raw(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        json.WritePropertyName(name);
        json.WriteRawValue(value, skipInputValidation: true);
    }

    private static void Member(ref Span<byte> rest, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        Put(ref rest, name);
        Put(ref rest, value);
    }

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }
}
