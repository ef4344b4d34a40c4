using Relay.Core.Protocol;
using Relay.Core.Rooms;

namespace Relay.Grains.Wire;

/// <summary>What a gateway tells a room.</summary>
internal enum RoomTellingKind
{
    Message = 0,
    Joined = 1,
    Left = 2,
    Recover = 3,
}

/// <summary>One thing that a gateway tells a room.</summary>
/// <param name="Kind">What.</param>
/// <param name="Connection">The member.</param>
/// <param name="UserId">Its user, or nothing.</param>
/// <param name="Frame">A message.</param>
/// <param name="IsText">Its kind.</param>
/// <param name="Epoch">Of <see cref="RoomTellingKind.Recover"/> the position.</param>
/// <param name="Offset">The same.</param>
[GenerateSerializer, Immutable, Alias("relay.RoomTelling")]
internal readonly record struct RoomTelling(
    [property: Id(0)] RoomTellingKind Kind,
    [property: Id(1)] string Connection,
    [property: Id(2)] string UserId,
    [property: Id(3)] byte[] Frame,
    [property: Id(4)] bool IsText,
    [property: Id(5)] string Epoch,
    [property: Id(6)] long Offset);

/// <summary>A gateway's members of a room, as it enters.</summary>
/// <param name="Link">Increases with each entry of the gateway.</param>
/// <param name="Members">How many.</param>
/// <param name="Shown">The same by their names, where the room shows them: connection and user.</param>
/// <param name="Epoch">The room's life that the gateway knew, or nothing.</param>
/// <param name="Offset">The last that it was told of it.</param>
/// <param name="Again">Whether it was in before, in this life or an earlier one.</param>
[GenerateSerializer, Immutable, Alias("relay.RoomEntry")]
internal sealed record RoomEntry(
    [property: Id(0)] long Link,
    [property: Id(1)] int Members,
    [property: Id(2)] (string Connection, string User)[] Shown,
    [property: Id(3)] string Epoch,
    [property: Id(4)] long Offset,
    [property: Id(5)] bool Again = false);

/// <summary>What became of an entry.</summary>
/// <param name="Error">An error of the catalogue by its number, or null.</param>
/// <param name="Silo">Where the room is.</param>
[GenerateSerializer, Immutable, Alias("relay.RoomEntryReply")]
internal sealed record RoomEntryReply([property: Id(0)] int? Error, [property: Id(1)] string Silo);

/// <summary>One piece of news of a room; see <see cref="RoomNews"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.RoomNewsItem")]
internal readonly record struct RoomNewsItem(
    [property: Id(0)] RoomNewsKind Kind,
    [property: Id(1)] long Offset,
    [property: Id(2)] byte[]? Message,
    [property: Id(3)] bool IsText,
    [property: Id(4)] string? Connection,
    [property: Id(5)] string UserId,
    [property: Id(6)] int Members,
    [property: Id(7)] byte[][]? Missed)
{
    public int Length => (Message?.Length ?? 0) + (Missed?.Sum(static frame => frame.Length) ?? 0);

    /// <summary>What it takes of a gateway's window: what members have to catch up with must not keep the next message out.</summary>
    public int Weight => Kind == RoomNewsKind.Message ? Length : 0;

    public static RoomNewsItem Of(in RoomNews news) => new(
        news.Kind, news.Offset, news.Message.Bytes, news.Message.IsText, news.Member?.ConnectionId, news.Member?.UserId ?? "", news.Members, news.Missed is { } missed ? [.. missed.Select(static frame => frame.Bytes)] : null);

    public RoomNews ToNews() => new(
        Kind,
        Offset,
        Message is null ? default : new(Message, IsText),
        Connection is null ? null : new(Connection, UserId),
        Members,
        Missed is null ? null : [.. Missed.Select(static bytes => new Frame(bytes))]);
}

/// <summary>What one room tells one gateway.</summary>
/// <param name="Room">The room, as an actor's key.</param>
/// <param name="Link">The entry that it answers.</param>
/// <param name="Epoch">The room's life.</param>
/// <param name="Items">In their order.</param>
[GenerateSerializer, Immutable, Alias("relay.RoomDelivery")]
internal sealed record RoomDelivery([property: Id(0)] string Room, [property: Id(1)] long Link, [property: Id(2)] string Epoch, [property: Id(3)] RoomNewsItem[] Items);

/// <summary>A part of the list of a tenant's rooms.</summary>
[GenerateSerializer, Immutable, Alias("relay.RoomNames")]
internal sealed record RoomNames([property: Id(0)] int Total, [property: Id(1)] string[] Names);

/// <summary>A part of the list of a room's members: connection and user; null when the room does not show them.</summary>
[GenerateSerializer, Immutable, Alias("relay.RoomMembersView")]
internal sealed record RoomMembersView([property: Id(0)] int Total, [property: Id(1)] (string Connection, string User)[]? Members);
