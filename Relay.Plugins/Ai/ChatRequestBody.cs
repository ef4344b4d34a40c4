using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Relay.Plugins.Ai;

/// <summary>Writes the body of <c>POST /chat/completions</c>.</summary>
internal static class ChatRequestBody
{
    public static BinaryData Write(IEnumerable<ChatMessage> messages, string? model)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (model is not null)
                json.WriteString("model", model);
            json.WriteStartArray("messages");
            foreach (var message in messages)
                WriteMessage(json, message);
            json.WriteEndArray();
            json.WriteBoolean("stream", true);
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return new(buffer.WrittenMemory);
    }

    private static void WriteMessage(Utf8JsonWriter json, ChatMessage message)
    {
        json.WriteStartObject();
        json.WriteString("role", message.Role.Value);
        if (message.Contents is [FunctionResultContent result])
        {
            json.WriteString("tool_call_id", result.CallId);
            json.WriteString("content", result.Result?.ToString() ?? "");
        }
        else
        {
            // Text in one piece: many servers do not know arrays of parts.
            json.WriteString("content", message.Text);
        }
        json.WriteEndObject();
    }
}
