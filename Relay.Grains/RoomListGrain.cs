using Relay.Core;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The rooms of a tenant by their names. What is lost with its silo, rooms tell anew; rooms that are lost with theirs are not heard of any more.</summary>
[KeepAlive]
internal sealed class RoomListGrain(SiloHubs silo, ClusterOptions cluster) : Grain, IRoomListGrain
{
    private readonly SortedDictionary<string, (long Epoch, long Heard)> _rooms = new(StringComparer.Ordinal);
    private long? _looked;

    private int MaxRooms => silo.Options.Of(ActorKeys.TenantOf(this.GetPrimaryKeyString())).Rooms.MaxRooms;

    public Task<bool> Enter(string room, long epoch)
    {
        if (!_rooms.ContainsKey(room) && _rooms.Count >= MaxRooms) ForgetLost();
        var known = _rooms.TryGetValue(room, out var before);
        if (!known && _rooms.Count >= MaxRooms) return Task.FromResult(false);
        _rooms[room] = (Math.Max(before.Epoch, epoch), silo.Time.GetTimestamp());
        return Task.FromResult(true);
    }

    public Task Ended(string room, long epoch)
    {
        // A successor may have told of itself already.
        if (_rooms.TryGetValue(room, out var known) && known.Epoch == epoch) _rooms.Remove(room);
        return Task.CompletedTask;
    }

    public Task<RoomNames> List(string? after, int limit)
    {
        ForgetLost();
        if (_rooms.Count == 0) DeactivateOnIdle();
        return Task.FromResult(new RoomNames(_rooms.Count, [.. _rooms.Keys.Where(name => after is null || string.CompareOrdinal(name, after) > 0).Take(limit)]));
    }

    // A full list is asked for many rooms, and all of it is looked through.
    private void ForgetLost()
    {
        if (_looked is { } looked && silo.Time.GetElapsedTime(looked) < cluster.SyncInterval) return;
        _looked = silo.Time.GetTimestamp();
        foreach (var (room, known) in _rooms.ToArray())
            if (silo.Time.GetElapsedTime(known.Heard) > cluster.RepeatInterval * 3) _rooms.Remove(room);
    }
}
