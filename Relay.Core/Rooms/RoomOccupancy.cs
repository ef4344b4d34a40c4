namespace Relay.Core.Rooms;

/// <summary>Tells when a room's first member has come and when its last has left, whatever happens to be told of in between.</summary>
/// <param name="key">Which room.</param>
/// <param name="events">Who wants to know, if anybody.</param>
public sealed class RoomOccupancy(RoomKey key, IRelayEvents? events)
{
    private bool _isOccupied;

    /// <summary>So many members are there now.</summary>
    /// <param name="members">How many.</param>
    /// <param name="wereThere">They were there before this life of the room, so that it has been told of them.</param>
    public void Now(int members, bool wereThere = false)
    {
        if (_isOccupied == members > 0) return;
        _isOccupied = members > 0;
        if (!wereThere) events?.Tell(new(key.Tenant, _isOccupied ? RelayEventKind.RoomFirstIn : RelayEventKind.RoomLastOut, key.Name));
    }
}
