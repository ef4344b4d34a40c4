using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Rooms;

namespace Relay.Core.Runtime;

/// <summary>What the gateway speaks to about rooms: those of this process, or a cluster's.</summary>
public interface IRoomRuntime
{
    /// <summary>What the rooms count in this process.</summary>
    RoomCounters Counters { get; }

    /// <summary>Makes a connection a member of a room, which is made if there is none. It must be ended with <see cref="RoomLink.Leave"/>.</summary>
    /// <param name="room">The room.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="request">How it joins.</param>
    /// <returns>The connection's link, or why there is none.</returns>
    ValueTask<RoomJoinResult> JoinAsync(RoomKey room, IRoomConnection connection, RoomJoin request);

    /// <summary>Sends a message of a back end to all members of a room.</summary>
    /// <param name="room">The room.</param>
    /// <param name="message">The message.</param>
    /// <returns>The members that the room has; 0 also when there is no such room. Null when it would be one too many: the message was not taken.</returns>
    ValueTask<int?> PublishAsync(RoomKey room, Frame message);

    /// <summary>Lists rooms in the order of their names.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="after">Only rooms behind this name, or null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The rooms, and how many the tenant has in all.</returns>
    ValueTask<RoomPage> ListAsync(TenantId tenant, string? after, int limit);

    /// <summary>Lists the members of a room that shows them, in the order of their connections' ids.</summary>
    /// <param name="room">The room.</param>
    /// <param name="after">Only connections behind this id, or null for all.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The members, or null when there is no such room.</returns>
    ValueTask<RoomMemberPage?> ListMembersAsync(RoomKey room, string? after, int limit);
}

/// <summary>How a connection joins a room.</summary>
/// <param name="WantsEvents">It gets events in place of bare messages.</param>
/// <param name="Since">What it has seen, when it comes back.</param>
public readonly record struct RoomJoin(bool WantsEvents = false, RoomPosition? Since = null);

/// <summary>What became of a join.</summary>
/// <param name="Link">The link, when the connection is a member.</param>
/// <param name="Error">Why not, otherwise.</param>
public readonly record struct RoomJoinResult(RoomLink? Link, ErrorCode? Error);

/// <summary>A member's way to its room. Used by the connection's receive loop alone.</summary>
public abstract class RoomLink
{
    /// <summary>Hands a message to the room. Its credit comes back to the connection.</summary>
    /// <param name="message">The message.</param>
    /// <param name="credit">What it holds of the connection's credit.</param>
    public abstract void Publish(Frame message, Credit credit);

    /// <summary>The connection has closed. The last call.</summary>
    public abstract void Leave();
}

/// <summary>A part of the list of rooms.</summary>
/// <param name="Total">Rooms of the tenant.</param>
/// <param name="Rooms">The rooms asked for.</param>
public sealed record RoomPage(int Total, IReadOnlyList<RoomDescription> Rooms);

/// <summary>A room, to look at.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Members">Its members.</param>
public sealed record RoomDescription(string Name, int Members);

/// <summary>A part of the list of a room's members.</summary>
/// <param name="Total">Members of the room.</param>
/// <param name="Members">The members asked for; null when the room does not show them.</param>
public sealed record RoomMemberPage(int Total, IReadOnlyList<RoomMemberInfo>? Members);
