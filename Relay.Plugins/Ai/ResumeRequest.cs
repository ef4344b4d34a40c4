using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Relay.Plugins.Ai;

/// <summary>The <c>data</c> of <c>ai_resume</c>.</summary>
/// <param name="StreamId">The chat's.</param>
/// <param name="From">The index of the first part that is wanted.</param>
internal sealed record ResumeRequest(string StreamId, int From)
{
    private const int MaxBytes = 256;

    public static bool IsStreamId(string text) => text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= MaxBytes;

    /// <returns>False with a fault that names the path.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> data, [NotNullWhen(true)] out ResumeRequest? request, [NotNullWhen(false)] out string? fault)
    {
        request = DataReader.Read(data, Read, out fault);
        return request is not null;
    }

    private static ResumeRequest? Read(JsonElement data, DataReader reader)
    {
        if (reader.Text(data, "stream_id", "data") is not { } id) return null;
        var from = 0;
        if (data.TryGetProperty("from", out var value) && (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out from) || from < 0))
            return reader.Fail<ResumeRequest>("data.from: not a number from 0 on");
        return new(id, from);
    }
}
