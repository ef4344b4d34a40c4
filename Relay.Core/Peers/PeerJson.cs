using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Relay.Core.Protocol;

namespace Relay.Core.Peers;

/// <summary>The older generation's messages: JSON in text.</summary>
internal static class PeerJson
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    internal static PeerMessage Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            var json = new Utf8JsonReader(payload);
            if (!json.Read()) return PeerMessage.Malformed;
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                return json.Read() ? PeerMessage.Malformed : PeerMessage.None;
            }

            string? type = null;
            List<string>? documentIds = null, join = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("type"u8)) type = Text(ref json);
                else if (json.ValueTextEquals("documentIds"u8)) documentIds = Documents(ref json);
                else if (json.ValueTextEquals("join"u8)) join = Documents(ref json);
                else json.Skip();
            }

            return json.Read() ? PeerMessage.Malformed : PeerMessage.Of(type, documentIds, join);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair in it.
            return PeerMessage.Malformed;
        }
    }

    internal static Frame Introduction(string peerId, IReadOnlyList<string> documents)
    {
        var buffer = new ArrayBufferWriter<byte>(64 + peerId.Length + (documents.Count * 40));
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("type"u8, "Introduction"u8);
        json.WriteString("userName"u8, peerId);
        json.WriteStartArray("documentIds"u8);
        foreach (var document in documents) json.WriteStringValue(document);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return new(buffer.WrittenSpan.ToArray());
    }

    private static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return json.GetString();
        json.Skip();
        return null;
    }

    private static List<string>? Documents(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return null;
        }

        var documents = new List<string>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.String && json.GetString() is { } id && Ids.IsValid(id)) documents.Add(id);
            else json.Skip();
        }

        return documents;
    }
}
