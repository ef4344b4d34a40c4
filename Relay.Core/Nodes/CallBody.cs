using System.Text.Json;

namespace Relay.Core.Nodes;

/// <summary>What the relay reads of a request's body; everything else in it is the upstream's.</summary>
/// <param name="Model">The model.</param>
/// <param name="IsStream">Whether the answer is to come as it is made.</param>
/// <param name="CacheKey">What the caller says belongs together, or null.</param>
public sealed record CallBody(string Model, bool IsStream, string? CacheKey)
{
    private const int MaxDepth = 64;

    /// <summary>Reads a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="read">What it says.</param>
    /// <param name="fault">What is wrong with it.</param>
    /// <returns>False when it cannot be sent to a node.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, out CallBody read, out CallBodyFault fault)
    {
        read = null!;
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
            fault = Scan(ref reader, out var model, out var stream, out var cacheKey);
            if (fault.Message is not null) return false;
            read = new(model!, stream, cacheKey);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Strings that are not UTF-8 are found only when they are read.
            fault = new("The body is not valid JSON.");
            return false;
        }
    }

    private static CallBodyFault Scan(ref Utf8JsonReader reader, out string? model, out bool stream, out string? cacheKey)
    {
        (model, stream, cacheKey) = (null, false, null);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return new("The body is not a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Of a name that stands twice the last counts, as with most upstreams.
            var (isModel, isStream, isKey) = (reader.ValueTextEquals("model"u8), reader.ValueTextEquals("stream"u8), reader.ValueTextEquals("prompt_cache_key"u8));
            reader.Read();
            var isNull = reader.TokenType == JsonTokenType.Null;
            if (isModel)
            {
                if (reader.TokenType != JsonTokenType.String) return new("model must be a string.", "model");
                model = reader.GetString();
            }
            else if (isStream && !isNull)
            {
                if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False)) return new("stream must be true or false.", "stream");
                stream = reader.GetBoolean();
            }
            else if (isKey && !isNull)
            {
                if (reader.TokenType != JsonTokenType.String) return new("prompt_cache_key must be a string.", "prompt_cache_key");
                cacheKey = reader.GetString();
            }

            reader.Skip();
        }

        // What stands behind the object makes the reader throw.
        reader.Read();
        if (model is null) return new("model is missing.", "model");
        return Ids.IsValid(model) ? default : new($"model must be 1 to {Ids.MaxBytes} bytes.", "model");
    }
}

/// <summary>What is wrong with a request's body.</summary>
/// <param name="Message">In words.</param>
/// <param name="Param">The member that is wrong, or null.</param>
public readonly record struct CallBodyFault(string Message, string? Param = null);
