using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Relay.Plugins.Ai;

/// <summary>The <c>data</c> of <c>ai_chat</c>: <c>{model?, messages, continue?}</c>.</summary>
/// <param name="Model">The model that the client names, or null.</param>
/// <param name="Continue">Go on when the asking connection has closed.</param>
/// <param name="StreamId">The name under which another connection of the user goes on with the chat, or null.</param>
/// <param name="Messages">At least one; how many there can be, the frame's size limit says.</param>
internal sealed record ChatRequest(string? Model, bool Continue, string? StreamId, IReadOnlyList<ChatMessage> Messages)
{
    /// <returns>False with a fault that names the path.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> data, [NotNullWhen(true)] out ChatRequest? request, [NotNullWhen(false)] out string? fault)
    {
        request = DataReader.Read(data, Read, out fault);
        return request is not null;
    }

    private static ChatRequest? Read(JsonElement data, DataReader reader)
    {
        var model = reader.OptionalText(data, "model", "data");
        if (model is { Length: 0 })
            return reader.Fail<ChatRequest>("data.model: empty");
        if (!data.TryGetProperty("messages", out var list))
            return reader.Fail<ChatRequest>("data.messages: missing");
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            return reader.Fail<ChatRequest>("data.messages: not an array with at least one message");

        var goOn = reader.OptionalFlag(data, "continue", "data");
        var streamId = reader.OptionalText(data, "stream_id", "data");
        if (streamId is not null && !ResumeRequest.IsStreamId(streamId))
            return reader.Fail<ChatRequest>("data.stream_id: not 1 to 256 bytes");
        var messages = new List<ChatMessage>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (ReadMessage(item, $"data.messages[{messages.Count}]", reader) is not { } message)
                return null;
            messages.Add(message);
        }
        return new(model, goOn, streamId, messages);
    }

    private static ChatMessage? ReadMessage(JsonElement message, string path, DataReader reader)
    {
        if (message.ValueKind != JsonValueKind.Object)
            return reader.Fail<ChatMessage>($"{path}: not an object");
        if (reader.Text(message, "role", path) is not { } role)
            return null;
        if (role is not ("system" or "developer" or "user" or "assistant" or "tool"))
            return reader.Fail<ChatMessage>($"{path}.role: not one of system, developer, user, assistant, tool");
        if (ReadContent(message, path, reader) is not { } parts)
            return null;

        if (role != "tool")
            return new(new ChatRole(role), parts);
        return reader.Text(message, "tool_call_id", path) is { } call
            ? new(ChatRole.Tool, [new FunctionResultContent(call, string.Concat(parts))])
            : null;
    }

    private static List<AIContent>? ReadContent(JsonElement message, string path, DataReader reader)
    {
        if (!message.TryGetProperty("content", out var content))
            return reader.Fail<List<AIContent>>($"{path}.content: missing");
        if (content.ValueKind == JsonValueKind.String)
            return reader.Text(message, "content", path) is { } text ? [new TextContent(text)] : null;
        if (content.ValueKind != JsonValueKind.Array || content.GetArrayLength() == 0)
            return reader.Fail<List<AIContent>>($"{path}.content: neither text nor an array with at least one part");

        var parts = new List<AIContent>(content.GetArrayLength());
        foreach (var part in content.EnumerateArray())
        {
            var at = $"{path}.content[{parts.Count}]";
            if (part.ValueKind != JsonValueKind.Object || reader.Text(part, "type", at) != "text")
                return reader.Fail<List<AIContent>>($"{at}: not a part of type text");
            if (reader.Text(part, "text", at) is not { } text)
                return null;
            parts.Add(new TextContent(text));
        }
        return parts;
    }
}
