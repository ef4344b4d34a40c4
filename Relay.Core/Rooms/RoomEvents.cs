using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Relay.Core.Protocol;

namespace Relay.Core.Rooms;

/// <summary>Writes what a member is sent that asked for events (<c>?since=</c>) instead of bare messages.</summary>
public static class RoomEvents
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The first event of a member.</summary>
    /// <param name="room">The room's name.</param>
    /// <param name="connectionId">The member's connection.</param>
    /// <param name="position">Where the room is, when it keeps history.</param>
    /// <param name="recovered">Whether what the member missed follows; null when it did not ask.</param>
    /// <param name="members">Members, when the room shows them.</param>
    /// <returns>The event.</returns>
    public static Frame Joined(string room, string connectionId, RoomPosition? position, bool? recovered, int? members) => Write(
        "joined"u8,
        json =>
        {
            json.WriteString("room"u8, room);
            json.WriteString("connection_id"u8, connectionId);
            if (position is { } at) json.WriteString("position"u8, at.ToString());
            if (recovered is { } did) json.WriteBoolean("recovered"u8, did);
            if (members is { } count) json.WriteNumber("members"u8, count);
        });

    /// <summary>A message: <c>text</c> as a JSON string, or <c>binary</c> in base64.</summary>
    /// <param name="position">Its place, when the room keeps history.</param>
    /// <param name="message">The message.</param>
    /// <returns>The event.</returns>
    public static Frame Message(RoomPosition? position, Frame message) => Write(
        "message"u8,
        json =>
        {
            if (position is { } at) json.WriteString("position"u8, at.ToString());
            if (message.IsText) json.WriteString("text"u8, message.Bytes);
            else json.WriteBase64String("binary"u8, message.Bytes);
        },
        message.Length);

    /// <summary>The message that an event of <see cref="Message"/> tells of.</summary>
    /// <param name="made">The event.</param>
    /// <returns>The message as it was sent.</returns>
    public static Frame Bare(Frame made)
    {
        using var json = JsonDocument.Parse(made.Bytes);
        return json.RootElement.TryGetProperty("text"u8, out var text)
            ? new(Encoding.UTF8.GetBytes(text.GetString()!))
            : new(json.RootElement.GetProperty("binary"u8).GetBytesFromBase64(), IsText: false);
    }

    /// <summary>The place that a member's own message got, in a room without echo.</summary>
    /// <param name="position">The place.</param>
    /// <returns>The event.</returns>
    public static Frame Sent(RoomPosition position) => Write("sent"u8, json => json.WriteString("position"u8, position.ToString()));

    /// <summary>A member has come or gone.</summary>
    /// <param name="joined">Come, or gone.</param>
    /// <param name="member">Who.</param>
    /// <param name="members">How many there are now.</param>
    /// <returns>The event.</returns>
    public static Frame Presence(bool joined, RoomMemberInfo member, int members) => Write(
        joined ? "member_joined"u8 : "member_left"u8,
        json =>
        {
            json.WriteString("connection_id"u8, member.ConnectionId);
            if (member.UserId.Length > 0) json.WriteString("user_id"u8, member.UserId);
            json.WriteNumber("members"u8, members);
        });

    private static Frame Write(ReadOnlySpan<byte> type, Action<Utf8JsonWriter> members, int size = 0)
    {
        var buffer = new ArrayBufferWriter<byte>(size + 160);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        members(json);
        json.WriteEndObject();
        json.Flush();
        return new(buffer.WrittenSpan.ToArray());
    }
}
