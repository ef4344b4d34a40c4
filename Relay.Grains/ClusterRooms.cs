using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The rooms of a cluster, as a gateway speaks to them.</summary>
internal sealed class ClusterRooms(OrleansRuntime runtime, RuntimeOptions options) : IRoomRuntime
{
    private readonly ConcurrentDictionary<RoomKey, ClusterRoom> _rooms = new();
    private readonly RuntimeClock _clock = new(runtime.Time);

    public RoomCounters Counters { get; } = new();

    internal RuntimeClock Clock => _clock;

    internal OrleansRuntime Runtime => runtime;

    public async ValueTask<RoomJoinResult> JoinAsync(RoomKey room, IRoomConnection connection, RoomJoin request)
    {
        while (true)
        {
            var actor = _rooms.GetOrAdd(room, static (key, rooms) => new(rooms, key, rooms.PolicyOf(key)), this);
            var join = new ClusterRoomJoin(new(connection, request.WantsEvents), request.Since);
            actor.Post(ClusterRoomInput.Join(join));
            try
            {
                var result = await join.Answer.Task.WaitAsync(runtime.Options.JoinPatience, runtime.Time);
                if (result.IsRefused) Interlocked.Increment(ref Counters.RefusedValue);
                if (!result.IsOver) return new(result.Link, result.Error);
                _rooms.TryRemove(new(room, actor));
            }
            catch (TimeoutException)
            {
                actor.Post(ClusterRoomInput.Leave(join.Member));
                Interlocked.Increment(ref Counters.RefusedValue);
                return new(null, ErrorCode.GoingAway);
            }
        }
    }

    public async ValueTask<int?> PublishAsync(RoomKey room, Frame message)
    {
        var members = await Grain(room).Publish(message.Bytes, message.IsText);
        if (members is not null) Interlocked.Increment(ref Counters.MessagesValue);
        return members;
    }

    public async ValueTask<RoomPage> ListAsync(TenantId tenant, string? after, int limit)
    {
        TenantContext.Set(tenant);
        var names = await runtime.Grains.RoomList(tenant).List(after, limit);
        var counts = await Task.WhenAll(names.Names.Select(name => Grain(new(tenant, name)).Count()));
        return new(names.Total, [.. names.Names.Zip(counts, static (name, count) => new RoomDescription(name, count ?? 0))]);
    }

    public async ValueTask<RoomMemberPage?> ListMembersAsync(RoomKey room, string? after, int limit) => await Grain(room).List(after, limit) is { } view
        ? new(view.Total, view.Members is { } members ? [.. members.Select(static member => new RoomMemberInfo(member.Connection, member.User))] : null)
        : null;

    /// <summary>Where a room's grain was last heard of.</summary>
    internal string? SiloOf(RoomKey room) => _rooms.GetValueOrDefault(room)?.Silo;

    internal RoomPolicy PolicyOf(RoomKey room) => options.Of(room.Tenant).Rooms.Of(room.Name);

    /// <summary>The room, for a call in the room's tenant.</summary>
    internal IRoomGrain Grain(RoomKey room)
    {
        TenantContext.Set(room.Tenant);
        return runtime.Grains.Room(room);
    }

    /// <summary>A room has told this gateway something.</summary>
    internal void Deliver(RoomDelivery delivery)
    {
        var key = RoomKey.FromActorKey(delivery.Room);
        if (_rooms.TryGetValue(key, out var room)) room.Post(ClusterRoomInput.Hear(delivery));
        // An entry that came behind the leaving.
        else _ = TenantContext.TellAsync(key.Tenant, () => runtime.Grains.Room(key).Leave(runtime.Gateway.Id, delivery.Link));
    }

    /// <summary>A silo cannot be reached: whoever has a room there enters its successor.</summary>
    internal void SilenceOf(string silo)
    {
        foreach (var (_, room) in _rooms)
            if (room.Silo == silo) room.EnterAgain();
    }

    internal void Remove(ClusterRoom room)
    {
        if (_rooms.TryRemove(new(room.Key, room))) Interlocked.Decrement(ref Counters.RoomsValue);
    }

    internal void TurnFault(Exception exception)
    {
        Interlocked.Increment(ref Counters.TurnFaultsValue);
        runtime.Log.RoomFault(exception);
    }
}
