using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Relay.Plugins.Ai;

/// <summary>What the plugin sends.</summary>
[JsonSerializable(typeof(DeltaData))]
[JsonSerializable(typeof(DoneData))]
[JsonSerializable(typeof(StoppedData))]
[JsonSerializable(typeof(UpstreamErrorData))]
internal sealed partial class AiJson : JsonSerializerContext
{
    /// <summary>Text of any language goes as it is; the default would spell most letters as escapes, for pages of HTML.</summary>
    public static AiJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <param name="Text">A part of the answer.</param>
/// <param name="Index">Its place in the answer, from 0; only in a chat with a <c>stream_id</c>.</param>
internal sealed record DeltaData(string Text, int? Index = null);

/// <param name="FinishReason">The upstream's (<c>stop</c>, <c>length</c>, …), or <c>stopped</c> when the client stopped the chat.</param>
/// <param name="Usage">Absent when the upstream told none, as when the chat was stopped.</param>
internal sealed record DoneData(string FinishReason, UsageData? Usage);

internal sealed record UsageData(long? PromptTokens, long? CompletionTokens, long? TotalTokens)
{
    public static UsageData? From(UsageDetails? usage) =>
        usage is null ? null : new(usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount);
}

/// <param name="RequestId">The chat that was asked for.</param>
/// <param name="Found">Whether such a chat was running.</param>
internal sealed record StoppedData(string RequestId, bool Found);

internal sealed record UpstreamErrorData(int? Status, string? Code);
