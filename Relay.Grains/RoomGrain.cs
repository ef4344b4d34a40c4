using Orleans.Placement;
using Relay.Core;
using Relay.Core.Rooms;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Hosts a <see cref="SharedRoom"/>: it holds gateways and not members, and a message crosses to each gateway once.</summary>
[PreferLocalPlacement, KeepAlive]
internal sealed class RoomGrain(SiloHubs silo, ClusterOptions cluster, IGrainFactory grains) : Grain, IRoomGrain
{
    private RoomKey _key;
    private RoomPolicy _policy = null!;
    private IRoomGrain _self = null!;
    private SharedRoom? _room;
    private RoomOccupancy _occupancy = null!;
    private long _epoch;
    private int _beginning;

    private Turn Turn => new(silo.Clock.Now);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = RoomKey.FromActorKey(this.GetPrimaryKeyString());
        _policy = silo.Options.Of(_key.Tenant).Rooms.Of(_key.Name);
        _self = grains.Room(_key);
        _occupancy = new(_key, silo.Events);
        _epoch = silo.NextEpoch();
        silo.Add(this);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        silo.Remove(this);
        _room?.Move();
        // Members enter its successor, which takes its place in the list; without any, what it kept is gone.
        if (_room is { Members: 0 }) TellEnded();
        return Task.CompletedTask;
    }

    public async Task<RoomEntryReply> Enter(GatewayRef gateway, RoomEntry entry)
    {
        if (await RoomAsync() is not { } room) return new((int)ErrorCode.TooManyRooms, silo.Silo);
        var before = room.Find(gateway.Id) as RoomGateway;
        // An entry that was tried again overtakes the first, or comes behind it.
        if (before?.Link >= entry.Link) return new(null, silo.Silo);
        before?.End();
        var outbox = silo.Outbox(gateway);
        var port = new RoomGateway(outbox, _key.ToActorKey(), entry.Link, room.Epoch, cluster.Window * 4L, Lost);
        RoomPosition? since = entry.Epoch.Length == 0 ? null : new(entry.Epoch, entry.Offset);
        room.Enter(port, entry.Members, [.. entry.Shown.Select(static one => new RoomMemberInfo(one.Connection, one.User))], since, Turn);
        _occupancy.Now(room.Members, entry.Again);
        outbox.Add(port);
        return new(null, silo.Silo);
    }

    public Task<bool> Accept(string gateway, long link, long batch, int members, RoomTelling[] items)
    {
        if (_room is not { } room || room.Find(gateway) is not RoomGateway port || port.Link != link) return Task.FromResult(false);
        if (batch <= port.LastBatch) return Task.FromResult(true);
        port.LastBatch = batch;
        room.Count(gateway, members);
        _occupancy.Now(room.Members);
        foreach (var item in items)
        {
            switch (item.Kind)
            {
                case RoomTellingKind.Message:
                    room.Publish(gateway, item.Connection, new(item.Frame, item.IsText), Turn);
                    break;
                case RoomTellingKind.Joined:
                    room.Joined(gateway, new(item.Connection, item.UserId));
                    break;
                case RoomTellingKind.Left:
                    room.Left(gateway, item.Connection);
                    break;
                case RoomTellingKind.Recover:
                    room.Recover(gateway, item.Connection, new(item.Epoch, item.Offset), Turn);
                    break;
            }
        }

        return Task.FromResult(true);
    }

    public Task Leave(string gateway, long link)
    {
        if (_room?.Find(gateway) is RoomGateway port && port.Link == link)
        {
            port.End();
            _room.Leave(gateway);
            _occupancy.Now(_room.Members);
        }

        EndIfIdle();
        return Task.CompletedTask;
    }

    public async Task<int?> Publish(byte[] message, bool isText)
    {
        // A room that keeps history takes messages before anyone is there to read them. It may end again while this call waits for its turn.
        while (_policy.KeepsHistory && _room is null)
            if (await RoomAsync() is null) return null;

        var room = _room;
        room?.Publish(null, "", new(message, isText), Turn);
        EndIfIdle();
        return room?.Members ?? 0;
    }

    public Task<int?> Count() => Task.FromResult(_room?.Members);

    public Task<RoomMembersView?> List(string? after, int limit)
    {
        if (_room is not { } room) return Task.FromResult<RoomMembersView?>(null);
        var members = room.Shown?.Where(member => after is null || string.CompareOrdinal(member.ConnectionId, after) > 0)
            .OrderBy(static member => member.ConnectionId, StringComparer.Ordinal).Take(limit).Select(static member => (member.ConnectionId, member.UserId));
        return Task.FromResult<RoomMembersView?>(new(room.Members, members is null ? null : [.. members]));
    }

    public Task Sweep()
    {
        _room?.Sweep(Turn);
        EndIfIdle();
        // Not with the room's end: who asks for a room that is ending would find one activation after the other that ends.
        if (_room is null && _beginning == 0) DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task Repeat() => _room is null ? Task.CompletedTask : grains.RoomList(_key.Tenant).Enter(_key.Name, _epoch);

    /// <summary>From any thread: time has passed.</summary>
    internal void SweepSoon()
    {
        if (_policy.KeepsHistory || _room is null) _ = TenantContext.TellAsync(_key.Tenant, _self.Sweep);
    }

    /// <summary>From any thread: the list of rooms may have forgotten the room.</summary>
    internal void RepeatSoon() => _ = TenantContext.TellAsync(_key.Tenant, _self.Repeat);

    private void Lost(RoomGateway gateway) => _ = TenantContext.TellAsync(_key.Tenant, () => _self.Leave(gateway.Id, gateway.Link));

    private async Task<SharedRoom?> RoomAsync()
    {
        if (_room is not null) return _room;
        _beginning++;
        try
        {
            if (!await grains.RoomList(_key.Tenant).Enter(_key.Name, _epoch)) return null;
        }
        finally
        {
            _beginning--;
        }

        // Another call may have come in between.
        return _room ??= new(_policy, "c" + _epoch.ToString("x", System.Globalization.CultureInfo.InvariantCulture));
    }

    private void TellEnded()
    {
        var ended = _epoch;
        _ = TenantContext.TellAsync(_key.Tenant, () => grains.RoomList(_key.Tenant).Ended(_key.Name, ended));
    }

    private void EndIfIdle()
    {
        if (_room is not { IsIdle: true }) return;
        _room = null;
        TellEnded();
        // A life that comes on this very activation must not be taken for the one that ended.
        _epoch = silo.NextEpoch();
    }
}
