using Relay.Core.Rooms;

namespace Relay.Core.Runtime;

/// <summary>A room's host in this process. What a batch of turns has to send goes to each member at the batch's end, in a turn of its own.</summary>
internal sealed class RoomActor : Mailbox<RoomInput>, IFlushable
{
    private readonly LocalRooms _rooms;
    private readonly Room _room;
    private readonly RoomDeliveries _deliveries;
    private readonly RoomOccupancy _occupancy;
    private bool _ended;

    internal RoomActor(LocalRooms rooms, RoomKey key, RoomPolicy policy, string epoch)
        : base(rooms.Clock)
    {
        (_rooms, _room) = (rooms, new(key, policy, epoch));
        _deliveries = new(_room.Members, rooms.Counters, this);
        _occupancy = new(key, rooms.Events);
    }

    internal RoomKey Key => _room.Key;

    internal bool KeepsHistory => _room.Policy.KeepsHistory;

    /// <summary>The batch that appended to the room is over.</summary>
    public void Flush() => Post(RoomInput.Deliver());

    protected override void OnTurn(in RoomInput input, Turn turn)
    {
        switch (input.Kind)
        {
            case RoomInput.Kinds.Deliver:
                _deliveries.Deliver();
                return;
            case RoomInput.Kinds.Publish:
                Publish((RoomMember)input.Target!, input, turn);
                break;
            case RoomInput.Kinds.PublishOutside:
                PublishOutside(input, turn);
                break;
            case RoomInput.Kinds.Join:
                Join((LocalRoomJoin)input.Target!, turn);
                break;
            case RoomInput.Kinds.Leave:
                if (_room.Leave((RoomMember)input.Target!)) Interlocked.Increment(ref _rooms.Counters.LeavesValue);
                _occupancy.Now(_room.Members.Count);
                EndIfIdle();
                break;
            case RoomInput.Kinds.Sweep:
                _room.Sweep(turn);
                EndIfIdle();
                break;
            case RoomInput.Kinds.Query:
                ((Action<Room>)input.Target!)(_room);
                break;
        }

        _deliveries.AfterTurn();
    }

    protected override void OnFault(Exception exception) => _rooms.TurnFault(exception);

    private void Publish(RoomMember sender, in RoomInput input, Turn turn)
    {
        try
        {
            if (_room.Publish(sender, input.Frame, turn)) Interlocked.Increment(ref _rooms.Counters.MessagesValue);
        }
        finally
        {
            sender.Connection.Return(input.Credit);
        }
    }

    private void PublishOutside(in RoomInput input, Turn turn)
    {
        var answer = (TaskCompletionSource<int?>)input.Target!;
        if (!_ended && _room.Publish(null, input.Frame, turn)) Interlocked.Increment(ref _rooms.Counters.MessagesValue);
        answer.SetResult(_ended ? null : _room.Members.Count);
    }

    private void Join(LocalRoomJoin join, Turn turn)
    {
        if (_ended)
        {
            join.Answer.SetResult(null);
            return;
        }

        if (_room.IsFull)
        {
            join.Answer.SetResult(new(null, Errors.ErrorCode.RoomFull));
            return;
        }

        var recovered = _room.Join(join.Member, join.Since, turn);
        _occupancy.Now(_room.Members.Count);
        Interlocked.Increment(ref _rooms.Counters.JoinsValue);
        if (recovered is { } did) Interlocked.Increment(ref did ? ref _rooms.Counters.RecoveredValue : ref _rooms.Counters.NotRecoveredValue);
        join.Answer.SetResult(new(new LocalRoomLink(this, join.Member), null));
    }

    private void EndIfIdle()
    {
        if (_ended || !_room.IsIdle) return;
        _ended = true;
        _rooms.Forget(this);
    }
}

/// <summary>The link of a member to a room in the same process.</summary>
internal sealed class LocalRoomLink(RoomActor room, RoomMember member) : RoomLink
{
    public override void Publish(Protocol.Frame message, Protocol.Credit credit) => room.Post(RoomInput.Publish(member, message, credit));

    public override void Leave() => room.Post(RoomInput.Leave(member));
}
