using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The rooms of a tenant by their names. What is lost with its silo, rooms tell anew.</summary>
[KeepAlive]
internal sealed class RoomListGrain(SiloHubs silo) : Grain, IRoomListGrain
{
    private readonly SortedDictionary<string, long> _rooms = new(StringComparer.Ordinal);

    public Task<bool> Enter(string room, long epoch)
    {
        var known = _rooms.TryGetValue(room, out var before);
        if (!known && _rooms.Count >= silo.Options.Rooms.MaxRooms) return Task.FromResult(false);
        _rooms[room] = Math.Max(before, epoch);
        return Task.FromResult(true);
    }

    public Task Ended(string room, long epoch)
    {
        // A successor may have told of itself already.
        if (_rooms.TryGetValue(room, out var known) && known == epoch) _rooms.Remove(room);
        return Task.CompletedTask;
    }

    public Task<RoomNames> List(string? after, int limit)
    {
        if (_rooms.Count == 0) DeactivateOnIdle();
        return Task.FromResult(new RoomNames(_rooms.Count, [.. _rooms.Keys.Where(name => after is null || string.CompareOrdinal(name, after) > 0).Take(limit)]));
    }
}
