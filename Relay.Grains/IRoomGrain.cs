using Orleans.Concurrency;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A room of the cluster.</summary>
[Alias("relay.IRoomGrain")]
internal interface IRoomGrain : IGrainWithStringKey
{
    /// <summary>A gateway has members, and wants to be told what happens. The news begins with <see cref="Core.Rooms.RoomNewsKind.Entered"/>.</summary>
    [AlwaysInterleave, Alias("Enter")]
    Task<RoomEntryReply> Enter(GatewayRef gateway, RoomEntry entry);

    /// <summary>A gateway's next batch.</summary>
    /// <returns>False when the gateway is not in with that entry: nothing was taken.</returns>
    [AlwaysInterleave, Alias("Accept")]
    Task<bool> Accept(string gateway, long link, long batch, int members, RoomTelling[] items);

    /// <summary>A gateway has no members any more, or is lost. Means only that entry.</summary>
    [AlwaysInterleave, Alias("Leave")]
    Task Leave(string gateway, long link);

    /// <summary>See <see cref="Core.Runtime.IRoomRuntime.PublishAsync"/>.</summary>
    [AlwaysInterleave, Alias("Publish")]
    Task<int?> Publish([Immutable] byte[] message, bool isText);

    /// <summary>How many members; null when there is no such room.</summary>
    [AlwaysInterleave, Alias("Count")]
    Task<int?> Count();

    /// <summary>Lists members; null when there is no such room.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<RoomMembersView?> List(string? after, int limit);

    /// <summary>Time has passed.</summary>
    [AlwaysInterleave, Alias("Sweep")]
    Task Sweep();

    /// <summary>Repeats to the list of rooms that the room is there.</summary>
    [AlwaysInterleave, Alias("Repeat")]
    Task Repeat();
}

/// <summary>A tenant's list of rooms.</summary>
[Alias("relay.IRoomListGrain")]
internal interface IRoomListGrain : IGrainWithStringKey
{
    /// <summary>A room begins, or repeats that it is there.</summary>
    /// <returns>False when the tenant has as many as allowed.</returns>
    [AlwaysInterleave, Alias("Enter")]
    Task<bool> Enter(string room, long epoch);

    /// <summary>A room has ended.</summary>
    [AlwaysInterleave, Alias("Ended")]
    Task Ended(string room, long epoch);

    /// <summary>Lists rooms in the order of their names.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<RoomNames> List(string? after, int limit);
}
