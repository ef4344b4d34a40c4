using System.Text.Json;

namespace Relay.Plugins.Ai;

/// <summary>Reads a message's <c>data</c> and remembers the first fault, with its path.</summary>
internal sealed class DataReader
{
    private string? _fault;

    /// <summary>Reads an object.</summary>
    /// <param name="data">Raw JSON, or empty.</param>
    /// <param name="read">Makes the value; null after a fault.</param>
    /// <param name="fault">The first fault, when the result is null.</param>
    public static T? Read<T>(ReadOnlyMemory<byte> data, Func<JsonElement, DataReader, T?> read, out string? fault) where T : class
    {
        if (data.IsEmpty)
        {
            fault = "data: missing";
            return null;
        }

        var reader = new DataReader();
        try
        {
            using var document = JsonDocument.Parse(data);
            var value = document.RootElement.ValueKind == JsonValueKind.Object
                ? read(document.RootElement, reader)
                : reader.Fail<T>("data: not an object");
            fault = reader._fault;
            return fault is null ? value : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half a surrogate pair as an escape is valid JSON and no Unicode.
            fault = error is JsonException ? "data: not readable, or nested too deep" : "data: holds text that is not Unicode";
            return null;
        }
    }

    public T? Fail<T>(string fault) where T : class
    {
        _fault ??= fault;
        return null;
    }

    public string? Text(JsonElement owner, string name, string path) =>
        OptionalText(owner, name, path) ?? Fail<string>($"{path}.{name}: missing");

    public string? OptionalText(JsonElement owner, string name, string path) =>
        !owner.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : Fail<string>($"{path}.{name}: not text");

    public bool OptionalFlag(JsonElement owner, string name, string path)
    {
        if (!owner.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.False)
            return false;
        if (value.ValueKind != JsonValueKind.True)
            Fail<string>($"{path}.{name}: neither true nor false");
        return true;
    }
}
