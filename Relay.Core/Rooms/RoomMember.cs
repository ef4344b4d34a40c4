namespace Relay.Core.Rooms;

/// <summary>A connection's place in a room. Its fields belong to the room's turns.</summary>
/// <param name="connection">The connection.</param>
/// <param name="wantsEvents">It asked for events; others get bare messages.</param>
public sealed class RoomMember(IRoomConnection connection, bool wantsEvents)
{
    internal const int Outside = -1;

    /// <summary>The connection.</summary>
    public IRoomConnection Connection { get; } = connection;

    /// <summary>It asked for events; others get bare messages.</summary>
    public bool WantsEvents { get; } = wantsEvents;

    /// <summary>What others are told of it.</summary>
    public RoomMemberInfo Info => new(Connection.Id, Connection.Identity.UserId);

    /// <summary>Where it stands in the list of members.</summary>
    internal int Index { get; set; } = Outside;

    /// <summary>How many of the items that wait to be delivered are different for it.</summary>
    internal int Own { get; set; }
}
