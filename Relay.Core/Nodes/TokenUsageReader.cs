using System.Text.Json;

namespace Relay.Core.Nodes;

/// <summary>
/// Finds the tokens that a model server reports in its answer, as it passes: the <c>usage</c> object of a JSON body or of a stream's events. Nothing else of the answer
/// is looked into or kept. Of several reports the last counts. A mutable struct, kept in a field; one thread at a time.
/// </summary>
public struct TokenUsageReader
{
    // A report is a handful of numbers; what is longer is none.
    private const int MaxBytes = 2048;

    // Inside a string its quotes would be escaped, so these bytes are a string of their own.
    private static ReadOnlySpan<byte> Name => "\"usage\""u8;

    private byte[]? _part;
    private int _count;

    private enum Match
    {
        None,
        Partial,
        Whole,
    }

    /// <summary>Tokens of the question.</summary>
    public long Prompt { get; private set; }

    /// <summary>Tokens of the answer.</summary>
    public long Completion { get; private set; }

    /// <summary>Looks at the next bytes of the answer.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_count > 0) bytes = Continue(bytes);
        while (!bytes.IsEmpty)
        {
            var at = bytes.IndexOf(Name);
            if (at < 0) at = BeginsAtEnd(bytes);
            if (at < 0) return;
            bytes = bytes[at..];
            switch (TryRead(bytes, out var length))
            {
                case Match.Partial when bytes.Length <= MaxBytes:
                    _part ??= new byte[MaxBytes];
                    bytes.CopyTo(_part);
                    _count = bytes.Length;
                    return;
                case Match.Whole:
                    bytes = bytes[length..];
                    break;
                default:
                    bytes = bytes[Math.Min(Name.Length, bytes.Length)..];
                    break;
            }
        }
    }

    // What is left to look at.
    private ReadOnlySpan<byte> Continue(ReadOnlySpan<byte> bytes)
    {
        var before = _count;
        var taken = Math.Min(bytes.Length, MaxBytes - before);
        bytes[..taken].CopyTo(_part.AsSpan(before));
        _count += taken;
        var match = TryRead(_part.AsSpan(0, _count), out var length);
        if (match == Match.Partial && _count < MaxBytes) return default;
        _count = 0;
        return match == Match.Whole ? bytes[(length - before)..] : bytes;
    }

    private static int BeginsAtEnd(ReadOnlySpan<byte> bytes)
    {
        for (var length = Math.Min(Name.Length - 1, bytes.Length); length > 0; length--)
            if (bytes[^length..].SequenceEqual(Name[..length])) return bytes.Length - length;
        return -1;
    }

    private Match TryRead(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < Name.Length) return Name.StartsWith(bytes) ? Match.Partial : Match.None;
        var at = Name.Length;
        if (!bytes.StartsWith(Name)) return Match.None;
        foreach (var wanted in ":{"u8)
        {
            while (at < bytes.Length && bytes[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
            if (at == bytes.Length) return Match.Partial;
            if (bytes[at] != wanted) return Match.None;
            at++;
        }

        try
        {
            var match = TryReadObject(bytes[(at - 1)..], out length);
            length += at - 1;
            return match;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Match.None;
        }
    }

    private Match TryReadObject(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        var (prompt, completion) = (-1L, -1L);
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, default);
        while (reader.Read())
        {
            if (reader is { TokenType: JsonTokenType.EndObject, CurrentDepth: 0 })
            {
                length = (int)reader.BytesConsumed;
                if (prompt >= 0) Prompt = prompt;
                if (completion >= 0) Completion = completion;
                return Match.Whole;
            }

            if (reader is not { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 }) continue;
            var isPrompt = reader.ValueTextEquals("prompt_tokens"u8) || reader.ValueTextEquals("input_tokens"u8);
            var isCompletion = reader.ValueTextEquals("completion_tokens"u8) || reader.ValueTextEquals("output_tokens"u8);
            if (!isPrompt && !isCompletion) continue;
            if (!reader.Read()) break;
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var tokens) || tokens is < 0 or > int.MaxValue) continue;
            if (isPrompt) prompt = tokens;
            else completion = tokens;
        }

        return Match.Partial;
    }
}
