using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Relay.Core.Errors;

namespace Relay.Core.Protocol;

/// <summary>A client's message, read without re-serialising: where its envelope's members stand in the frame.</summary>
/// <remarks>
/// <c>type</c> must be a string; <c>request_id</c> a string or a number, echoed as it came; <c>session_id</c> a string. null counts as
/// absent. One of these members standing twice is refused, because two readers of the frame could then disagree about it.
/// <c>traceparent</c> is a hint and never refused: what says nothing, or stands twice, is as if it were not there.
/// Members unknown to the relay are left to the plugin.
/// </remarks>
public readonly struct ClientEnvelope
{
    private readonly Slice _type;
    private readonly Slice _requestId;
    private readonly Slice _sessionId;
    private readonly Slice _data;
    private readonly int _traceparent;
    private readonly bool _escaped;

    private ClientEnvelope(byte[] frame, in EnvelopeMembers members, bool escaped)
    {
        (Frame, _type, _requestId, _sessionId, _data) = (frame, members.Type, members.RequestId, members.SessionId, members.Data);
        (_traceparent, _escaped) = (members.Traceparent, escaped);
    }

    /// <summary>The whole message, UTF-8 JSON. Immutable.</summary>
    public byte[] Frame { get; }

    /// <summary>The bytes of <c>type</c>, without quotes; still with escapes when <see cref="HasEscapedType"/>.</summary>
    public ReadOnlySpan<byte> Type => _type.Of(Frame);

    /// <summary>Whether the type was written with JSON escapes, so that its bytes must be decoded before they are compared.</summary>
    public bool HasEscapedType => _escaped;

    /// <summary>The JSON token of <c>request_id</c>, quotes included; empty when there is none.</summary>
    public ReadOnlySpan<byte> RequestId => _requestId.Of(Frame);

    /// <summary>The JSON token of <c>session_id</c>, quotes included; empty when there is none.</summary>
    public ReadOnlySpan<byte> SessionId => _sessionId.Of(Frame);

    /// <summary>The raw JSON of <c>data</c>; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Data => Frame.AsMemory(_data.Start, _data.Length);

    /// <summary>The text of <c>traceparent</c>, unchecked and without quotes; empty when there is none.</summary>
    public ReadOnlySpan<byte> Traceparent
    {
        get
        {
            if (_traceparent <= 0) return default;
            var rest = Frame.AsSpan(_traceparent);
            return rest[..rest.IndexOf((byte)'"')];
        }
    }

    /// <summary>The span of the message, where it is traced. Whoever ends the message ends it too.</summary>
    public Activity? Span { get; init; }

    /// <summary>The message's number on a link that crosses processes; 0 elsewhere.</summary>
    public long Number { get; init; }

    /// <summary>When the message was taken, by the runtime's clock; zero when it is not timed.</summary>
    internal TimeSpan Taken { get; init; }

    /// <summary>What the message holds of its connection's credit.</summary>
    public Credit Credit => new(1, Frame.Length, Number);

    /// <summary>Reads the envelope.</summary>
    /// <param name="frame">The whole message: valid UTF-8. The envelope keeps it.</param>
    /// <param name="envelope">The envelope; on a fault it carries what could be read of <c>request_id</c>.</param>
    /// <param name="fault">What is wrong.</param>
    /// <returns>True when the message can be dispatched.</returns>
    public static bool TryRead(byte[] frame, out ClientEnvelope envelope, out EnvelopeFault fault)
    {
        if (!EnvelopeScanner.TryScan(frame, out var members)) return TryReadThoroughly(frame, out envelope, out fault);
        envelope = new(frame, members, escaped: false);
        fault = default;
        return true;
    }

    /// <summary>As <see cref="TryRead"/>, by the framework's reader alone.</summary>
    internal static bool TryReadThoroughly(byte[] frame, out ClientEnvelope envelope, out EnvelopeFault fault)
    {
        var members = default(EnvelopeMembers);
        bool escaped = false, typeSeen = false;
        fault = default;
        var seen = Member.None;
        try
        {
            var reader = new Utf8JsonReader(frame);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                fault = new(ErrorCode.InvalidJson, "The message is not a JSON object.");
            }
            else
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var member = Which(ref reader);
                    if (member is not (Member.None or Member.Traceparent) && (seen & member) != 0)
                        fault = new(ErrorCode.InvalidJson, $"The member '{reader.GetString()}' stands twice.");
                    seen |= member;
                    reader.Read();
                    var start = (int)reader.TokenStartIndex;
                    var token = reader.TokenType;
                    if (member == Member.Type) typeSeen = token == JsonTokenType.String;
                    if (member == Member.Type && typeSeen) escaped = reader.ValueIsEscaped;
                    reader.Skip();
                    var slice = new Slice(start, (int)reader.BytesConsumed - start);
                    switch (member)
                    {
                        case Member.Type when token == JsonTokenType.String:
                            members.Type = new(slice.Start + 1, slice.Length - 2);
                            break;
                        case Member.RequestId when token is JsonTokenType.String or JsonTokenType.Number:
                            members.RequestId = slice;
                            break;
                        case Member.RequestId when token != JsonTokenType.Null:
                            fault = new(ErrorCode.InvalidJson, "The member 'request_id' is neither a string nor a number.");
                            break;
                        case Member.SessionId when token == JsonTokenType.String:
                            members.SessionId = slice;
                            break;
                        case Member.SessionId when token != JsonTokenType.Null:
                            fault = new(ErrorCode.InvalidJson, "The member 'session_id' is not a string.");
                            break;
                        case Member.Data:
                            members.Data = slice;
                            break;
                        case Member.Traceparent:
                            members.Traceparent = EnvelopeMembers.TraceparentAt(members.Traceparent, frame, slice);
                            break;
                        default:
                            break;
                    }
                }

                // The reader throws on what follows the object; this makes it look there.
                while (reader.Read()) { }
            }
        }
        catch (JsonException e)
        {
            fault = new(ErrorCode.InvalidJson, $"The message is not valid JSON at byte {e.BytePositionInLine + 1} of line {e.LineNumber + 1}.");
            members.RequestId = default;
        }

        if (fault.Message is null && !typeSeen)
            fault = new(ErrorCode.UnknownCommand, (seen & Member.Type) != 0 ? "The member 'type' is not a string." : "The message has no 'type'.");
        envelope = new(frame, members, escaped);
        return fault.Message is null;
    }

    /// <summary>Decodes the type.</summary>
    /// <returns>The text, with escapes resolved; a type that is no valid text has U+FFFD in it and matches no plugin.</returns>
    public string TypeText() => _escaped ? Text(Frame.AsSpan(_type.Start - 1, _type.Length + 2)) ?? "\uFFFD" : Encoding.UTF8.GetString(Type);

    /// <summary>Decodes <c>request_id</c>.</summary>
    /// <returns>The text, or the number as it was written; null when there is none.</returns>
    public string? RequestIdText() => Text(RequestId);

    /// <summary>Decodes <c>session_id</c>.</summary>
    /// <returns>The text, or null when there is none.</returns>
    public string? SessionIdText() => Text(SessionId);

    private static string? Text(ReadOnlySpan<byte> token)
    {
        if (token.IsEmpty) return null;
        if (token[0] != '"') return Encoding.UTF8.GetString(token);
        if (token.IndexOf((byte)'\\') < 0) return Encoding.UTF8.GetString(token[1..^1]);
        var reader = new Utf8JsonReader(token);
        reader.Read();
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD"; // an escape that names half a surrogate pair
        }
    }

    private static Member Which(ref Utf8JsonReader reader)
    {
        try
        {
            return Known(ref reader);
        }
        catch (InvalidOperationException)
        {
            return Member.None; // a name with half a surrogate pair: JSON by its grammar, but no text
        }
    }

    private static Member Known(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("type"u8) ? Member.Type
        : reader.ValueTextEquals("data"u8) ? Member.Data
        : reader.ValueTextEquals("request_id"u8) ? Member.RequestId
        : reader.ValueTextEquals("session_id"u8) ? Member.SessionId
        : reader.ValueTextEquals("traceparent"u8) ? Member.Traceparent
        : Member.None;

    [Flags]
    private enum Member
    {
        None = 0,
        Type = 1,
        RequestId = 2,
        SessionId = 4,
        Data = 8,
        Traceparent = 16,
    }
}

/// <summary>Why a message cannot be dispatched.</summary>
/// <param name="Code">The error.</param>
/// <param name="Message">What a person reads; null when there is no fault.</param>
public readonly record struct EnvelopeFault(ErrorCode Code, string? Message);
