namespace Relay.Core.Runtime;

/// <summary>What the rooms of a process count.</summary>
public sealed class RoomCounters
{
    internal long RoomsValue;
    internal long JoinsValue;
    internal long LeavesValue;
    internal long RefusedValue;
    internal long MessagesValue;
    internal long DeliveriesValue;
    internal long RecoveredValue;
    internal long NotRecoveredValue;
    internal long LostValue;
    internal long TurnFaultsValue;

    /// <summary>Rooms that have members here, or keep messages here.</summary>
    public long Rooms => Volatile.Read(ref RoomsValue);

    /// <summary>Connections that became members.</summary>
    public long Joins => Volatile.Read(ref JoinsValue);

    /// <summary>Members that left.</summary>
    public long Leaves => Volatile.Read(ref LeavesValue);

    /// <summary>Connections that found no room.</summary>
    public long Refused => Volatile.Read(ref RefusedValue);

    /// <summary>Messages of members and back ends, each once.</summary>
    public long Messages => Volatile.Read(ref MessagesValue);

    /// <summary>Messages given to members' connections.</summary>
    public long Deliveries => Volatile.Read(ref DeliveriesValue);

    /// <summary>Members that came back and got all they had missed.</summary>
    public long Recovered => Volatile.Read(ref RecoveredValue);

    /// <summary>Members that came back and were told that what they had missed is not kept any more.</summary>
    public long NotRecovered => Volatile.Read(ref NotRecoveredValue);

    /// <summary>Gaps in what rooms told this gateway, each once whatever was missed, and members' messages that a room may not have taken.</summary>
    public long Lost => Volatile.Read(ref LostValue);

    /// <summary>Turns that threw: bugs of the relay.</summary>
    public long TurnFaults => Volatile.Read(ref TurnFaultsValue);
}
