using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Relay.Plugins.Session;

/// <summary>The <c>data</c> of <c>session_set_state</c>. The state is a piece of the message's own bytes.</summary>
internal readonly record struct SetStateRequest(ReadOnlyMemory<byte> State, long? ExpectedVersion)
{
    public static bool TryRead(ReadOnlyMemory<byte> data, out SetStateRequest request, [NotNullWhen(false)] out string? fault)
    {
        request = default;
        try
        {
            fault = Read(data, ref request);
        }
        catch (InvalidOperationException)
        {
            // A member's name with half a surrogate pair: JSON by its grammar, but no text.
            fault = "A member's name is not valid Unicode.";
        }

        return fault is null;
    }

    private static string? Read(ReadOnlyMemory<byte> data, ref SetStateRequest request)
    {
        // The relay has checked that this is JSON; how deep a state nests is bounded by the message's size.
        var reader = new Utf8JsonReader(data.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
        if (data.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartObject) return "The data is an object with state, and expected_version if wanted.";
        bool hasState = false, hasVersion = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isState = reader.ValueTextEquals("state"u8);
            var isVersion = !isState && reader.ValueTextEquals("expected_version"u8);
            if ((isState && hasState) || (isVersion && hasVersion)) return "The data names state or expected_version twice.";
            reader.Read();
            if (isVersion)
            {
                hasVersion = true;
                if (reader.TokenType == JsonTokenType.Null) continue;
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var version) || version < 0) return "expected_version is a whole number from 0 on.";
                request = request with { ExpectedVersion = version };
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!isState) continue;
            hasState = true;
            request = request with { State = data[start..(int)reader.BytesConsumed] };
        }

        return hasState ? null : "The data has no state.";
    }
}
