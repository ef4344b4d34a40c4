using System.Collections.Concurrent;
using System.Globalization;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Rooms;

namespace Relay.Core.Runtime;

/// <summary>The rooms of one process.</summary>
internal sealed class LocalRooms(RuntimeOptions options, RuntimeClock clock, RuntimeLog log, IRelayEvents? events) : IRoomRuntime
{
    private const int Forgotten = int.MinValue / 2;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<TenantId, TenantRooms> _tenants = new();

    // Other lives of a room began at another time, or have another number.
    private readonly long _began = clock.Provider.GetUtcNow().UtcTicks;
    private long _epochs;
    private TimeSpan _nextSweep;

    public RoomCounters Counters { get; } = new();

    internal RuntimeClock Clock => clock;

    /// <summary>Who wants to know what happens, if anybody.</summary>
    internal IRelayEvents? Events => events;

    /// <summary>Tenants of which something is kept.</summary>
    internal int Tenants => _tenants.Count;

    public async ValueTask<RoomJoinResult> JoinAsync(RoomKey room, IRoomConnection connection, RoomJoin request)
    {
        while (FindOrMake(room) is { } actor)
        {
            var answer = new TaskCompletionSource<RoomJoinResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
            actor.Post(RoomInput.Join(new(new(connection, request.WantsEvents), request.Since, answer)));
            if (await answer.Task is not { } result) continue;
            if (result.Error is not null) Interlocked.Increment(ref Counters.RefusedValue);
            return result;
        }

        Interlocked.Increment(ref Counters.RefusedValue);
        return new(null, ErrorCode.TooManyRooms);
    }

    public async ValueTask<int?> PublishAsync(RoomKey room, Frame message)
    {
        // A room that keeps history takes messages before anyone is there to read them.
        var keeps = options.Of(room.Tenant).Rooms.Of(room.Name).KeepsHistory;
        while ((keeps ? FindOrMake(room) : Find(room)) is { } actor)
        {
            var answer = new TaskCompletionSource<int?>(TaskCreationOptions.RunContinuationsAsynchronously);
            actor.Post(RoomInput.PublishOutside(message, answer));
            if (await answer.Task is { } members) return members;
        }

        return keeps ? null : 0;
    }

    public async ValueTask<RoomPage> ListAsync(TenantId tenant, string? after, int limit)
    {
        if (!_tenants.TryGetValue(tenant, out var rooms)) return new(0, []);
        var found = rooms.ByName.Values
            .Where(room => after is null || string.CompareOrdinal(room.Key.Name, after) > 0)
            .OrderBy(static room => room.Key.Name, StringComparer.Ordinal)
            .Take(limit)
            .ToList();
        var described = new List<RoomDescription>(found.Count);
        foreach (var room in found) described.Add(await AskAsync(room, static state => new RoomDescription(state.Key.Name, state.Members.Count)));
        return new(Math.Max(0, Volatile.Read(ref rooms.Count)), described);
    }

    public async ValueTask<RoomMemberPage?> ListMembersAsync(RoomKey room, string? after, int limit)
    {
        if (Find(room) is not { } actor) return null;
        return await AskAsync(actor, state => new RoomMemberPage(state.Members.Count, state.Policy.Presence ? Page(state.Members.All, after, limit) : null));
    }

    /// <summary>Time has passed.</summary>
    internal void Sweep()
    {
        var now = clock.Now;
        if (now < _nextSweep) return;
        _nextSweep = now + SweepInterval;
        foreach (var (id, tenant) in _tenants)
        {
            // Without rooms nothing of a tenant stays. From here on its count is far below zero, so that nobody makes a room in it any more.
            if (Interlocked.CompareExchange(ref tenant.Count, Forgotten, 0) == 0) _tenants.TryRemove(new(id, tenant));
            foreach (var (_, room) in tenant.ByName)
                if (room.KeepsHistory) room.Post(RoomInput.Sweep());
        }
    }

    /// <summary>A room has ended; the next join makes another.</summary>
    internal void Forget(RoomActor room)
    {
        var tenant = _tenants[room.Key.Tenant];
        if (!tenant.ByName.TryRemove(new(room.Key.Name, room))) return;
        Interlocked.Decrement(ref tenant.Count);
        Interlocked.Decrement(ref Counters.RoomsValue);
    }

    internal void TurnFault(Exception exception)
    {
        Interlocked.Increment(ref Counters.TurnFaultsValue);
        log.TurnFault(exception, "room");
    }

    private static List<RoomMemberInfo> Page(IEnumerable<RoomMember> members, string? after, int limit) =>
        [.. members.Select(static member => member.Info)
            .Where(member => after is null || string.CompareOrdinal(member.ConnectionId, after) > 0)
            .OrderBy(static member => member.ConnectionId, StringComparer.Ordinal)
            .Take(limit)];

    private static Task<T> AskAsync<T>(RoomActor room, Func<Room, T> query)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        room.Post(RoomInput.Query(state => answer.SetResult(query(state))));
        return answer.Task;
    }

    private RoomActor? Find(RoomKey room) => _tenants.TryGetValue(room.Tenant, out var rooms) ? rooms.ByName.GetValueOrDefault(room.Name) : null;

    private RoomActor? FindOrMake(RoomKey room)
    {
        if (Find(room) is { } known) return known;
        TenantRooms rooms;
        int count;
        do
        {
            rooms = _tenants.GetOrAdd(room.Tenant, static _ => new());
            count = Interlocked.Increment(ref rooms.Count);
        }
        while (count <= 0);

        if (count > options.Of(room.Tenant).Rooms.MaxRooms)
        {
            Interlocked.Decrement(ref rooms.Count);
            return Find(room);
        }

        var epoch = string.Create(CultureInfo.InvariantCulture, $"{_began:x}x{Interlocked.Increment(ref _epochs):x}");
        var made = new RoomActor(this, room, options.Of(room.Tenant).Rooms.Of(room.Name), epoch);
        var found = rooms.ByName.GetOrAdd(room.Name, made);
        if (ReferenceEquals(found, made)) Interlocked.Increment(ref Counters.RoomsValue);
        else Interlocked.Decrement(ref rooms.Count);
        return found;
    }

    private sealed class TenantRooms
    {
        internal readonly ConcurrentDictionary<string, RoomActor> ByName = new(StringComparer.Ordinal);
        internal int Count;
    }
}
