using Relay.Core.Protocol;

namespace Relay.Core.Rooms;

/// <summary>What a room of several gateways tells one of them.</summary>
public enum RoomNewsKind
{
    /// <summary>The gateway is in: from here on it is told everything.</summary>
    Entered = 0,

    /// <summary>A message for all members.</summary>
    Message = 1,

    /// <summary>Somewhere a member has come.</summary>
    Joined = 2,

    /// <summary>Somewhere a member has gone.</summary>
    Left = 3,

    /// <summary>What one member had missed: it is in from here on.</summary>
    Recovered = 4,

    /// <summary>The gateway is told nothing any more, and has to enter again.</summary>
    Moved = 5,

    /// <summary>How many members there are has changed, in a room that may have only so many.</summary>
    Counted = 6,

    /// <summary>There are so many members too many, whom this gateway let in last.</summary>
    Full = 7,
}

/// <summary>One piece of news, in the room's order.</summary>
/// <param name="Kind">What.</param>
/// <param name="Offset">Where the room is with it.</param>
/// <param name="Message">A message.</param>
/// <param name="Member">Whom it is about: who has come or gone or is recovered, or whose message is not echoed.</param>
/// <param name="Members">How many members the room has, where that is told.</param>
/// <param name="Missed">The events that were missed; null when they are not kept any more.</param>
public readonly record struct RoomNews(RoomNewsKind Kind, long Offset, Frame Message = default, RoomMemberInfo? Member = null, int Members = 0, IReadOnlyList<Frame>? Missed = null);

/// <summary>A room's port to one gateway. Never blocks and never calls back.</summary>
public interface IRoomGateway
{
    /// <summary>The gateway.</summary>
    string Id { get; }

    /// <summary>Tells it something, in order.</summary>
    /// <param name="news">What.</param>
    void Send(in RoomNews news);
}
