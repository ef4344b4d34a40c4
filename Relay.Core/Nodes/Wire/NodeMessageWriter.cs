using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Relay.Core.Nodes.Wire;

/// <summary>Writes a text frame.</summary>
public static class NodeMessageWriter
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes a message.</summary>
    /// <param name="message">The message, within the bounds of <see cref="NodeWire"/>.</param>
    /// <returns>The frame's payload.</returns>
    public static byte[] Write(NodeMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        Write(message, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a message.</summary>
    /// <param name="message">The message, within the bounds of <see cref="NodeWire"/>.</param>
    /// <param name="buffer">Where to.</param>
    public static void Write(NodeMessage message, IBufferWriter<byte> buffer)
    {
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        switch (message)
        {
            case NodeHello hello:
                Type(json, "hello"u8);
                json.WriteString("node_id"u8, hello.NodeId);
                Names(json, hello.Models);
                json.WriteNumber("capacity"u8, hello.Capacity);
                json.WriteString("version"u8, hello.Version);
                break;
            case NodeHeartbeat heartbeat:
                Type(json, "heartbeat"u8);
                json.WriteNumber("in_flight"u8, heartbeat.InFlight);
                json.WriteNumber("capacity"u8, heartbeat.Capacity);
                if (heartbeat.Models is { } models) Names(json, models);
                break;
            case NodeResponse response:
                Type(json, "response"u8, response.Id);
                json.WriteNumber("status"u8, response.Status);
                Headers(json, response.Headers);
                break;
            case NodeError error:
                Type(json, "error"u8, error.Id);
                json.WriteString("code"u8, error.Code);
                json.WriteString("message"u8, error.Message);
                break;
            case NodeWelcome welcome:
                Type(json, "welcome"u8);
                json.WriteNumber("heartbeat_ms"u8, (long)welcome.HeartbeatInterval.TotalMilliseconds);
                json.WriteNumber("chunk_bytes"u8, welcome.ChunkBytes);
                json.WriteNumber("window_bytes"u8, welcome.WindowBytes);
                json.WriteNumber("max_body_bytes"u8, welcome.MaxBodyBytes);
                json.WriteString("version"u8, welcome.Version);
                break;
            case NodeRequest request:
                Type(json, "request"u8, request.Id);
                json.WriteString("method"u8, request.Method);
                json.WriteString("path"u8, request.Path);
                Headers(json, request.Headers);
                json.WriteNumber("content_length"u8, request.ContentLength);
                break;
            case NodeCancel cancel:
                Type(json, "cancel"u8, cancel.Id);
                break;
            case NodeCredit credit:
                Type(json, "credit"u8, credit.Id);
                json.WriteNumber("bytes"u8, credit.Bytes);
                break;
            case NodeDrain:
                Type(json, "drain"u8);
                break;
            case NodeResume:
                Type(json, "resume"u8);
                break;
            default:
                throw new ArgumentException($"No message of the wire: {message.GetType().Name}", nameof(message));
        }

        json.WriteEndObject();
    }

    private static void Type(Utf8JsonWriter json, ReadOnlySpan<byte> type, long? id = null)
    {
        json.WriteString("type"u8, type);
        if (id is { } request) json.WriteNumber("id"u8, request);
    }

    private static void Names(Utf8JsonWriter json, IReadOnlyList<string> models)
    {
        json.WriteStartArray("models"u8);
        foreach (var model in models) json.WriteStringValue(model);
        json.WriteEndArray();
    }

    private static void Headers(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        json.WriteStartObject("headers"u8);
        foreach (var (name, value) in headers) json.WriteString(name, value);
        json.WriteEndObject();
    }
}
