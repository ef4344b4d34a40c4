using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Relay.Plugins.Ai;

/// <summary>One event of the upstream's stream.</summary>
internal readonly record struct ChatChunk(string? Text, string? FinishReason, UsageDetails? Usage, string? Error, string? ErrorCode, bool IsDone)
{
    /// <exception cref="ChatUpstreamException">It is neither a chunk nor an error nor the end.</exception>
    public static ChatChunk Parse(ReadOnlySpan<byte> data)
    {
        if (data.Trim((byte)' ').SequenceEqual("[DONE]"u8))
            return new() { IsDone = true };
        try
        {
            var reader = new Utf8JsonReader(data);
            using var document = JsonDocument.ParseValue(ref reader);
            return Read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            // The element's methods throw these where a value is of another kind than asked for. Their texts may quote the answer.
            throw new ChatUpstreamException("The upstream sent an event that is no part of a chat.");
        }
    }

    public ChatResponseUpdate ToUpdate()
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, Text);
        if (FinishReason is not null)
            update.FinishReason = new(FinishReason);
        if (Usage is not null)
            update.Contents.Add(new UsageContent(Usage));
        return update;
    }

    private static ChatChunk Read(JsonElement chunk)
    {
        if (Member(chunk, "error") is { } error)
        {
            var (message, code) = UpstreamFault.Describe(error);
            return new() { Error = message ?? "", ErrorCode = code };
        }

        if (Member(chunk, "choices") is not { } choices)
            throw new FormatException();
        var choice = choices.GetArrayLength() > 0 ? choices[0] : (JsonElement?)null;
        var delta = choice is { } some ? Member(some, "delta") : null;
        return new()
        {
            Text = delta is { } words ? Member(words, "content")?.GetString() : null,
            FinishReason = choice is { } end && Member(end, "finish_reason")?.GetString() is { Length: > 0 } reason ? reason : null,
            Usage = Member(chunk, "usage") is { } usage ? ReadUsage(usage) : null,
        };
    }

    private static UsageDetails ReadUsage(JsonElement usage) => new()
    {
        InputTokenCount = Member(usage, "prompt_tokens")?.GetInt64(),
        OutputTokenCount = Member(usage, "completion_tokens")?.GetInt64(),
        TotalTokenCount = Member(usage, "total_tokens")?.GetInt64(),
    };

    private static JsonElement? Member(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
