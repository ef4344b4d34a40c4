using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Hosts a gateway's part of a room: a mailbox for its members, and a <see cref="RoomPump"/> to the room's grain.</summary>
internal sealed class ClusterRoom : Mailbox<ClusterRoomInput>, IFlushable, IGatewayRoomPort
{
    private readonly ClusterRooms _rooms;
    private readonly GatewayRoom _room;
    private readonly RoomPump _pump;
    private readonly RoomDeliveries _deliveries;
    private readonly Dictionary<RoomMember, ClusterRoomJoin> _joins = [];
    private long _link;
    private bool _entering;
    private bool _ended;

    public ClusterRoom(ClusterRooms rooms, RoomKey key, RoomPolicy policy)
        : base(rooms.Clock)
    {
        (_rooms, Key) = (rooms, key);
        _room = new(key, policy, this);
        _pump = new(rooms, this);
        _deliveries = new(_room.Members, rooms.Counters, this);
    }

    public RoomKey Key { get; }

    /// <summary>Where the room's grain was last heard of.</summary>
    public string Silo => _pump.Silo;

    /// <summary>The batch that appended to the room is over.</summary>
    public void Flush() => Post(ClusterRoomInput.Flush());

    /// <summary>What the room tells does not arrive any more.</summary>
    public void EnterAgain() => Post(ClusterRoomInput.Lost());

    void IGatewayRoomPort.Admit(RoomMember member, bool? recovered)
    {
        if (recovered is { } did) Interlocked.Increment(ref did ? ref _rooms.Counters.RecoveredValue : ref _rooms.Counters.NotRecoveredValue);
        Interlocked.Increment(ref _rooms.Counters.JoinsValue);
        _joins.Remove(member, out var join);

        // The join is over when the room knows of it: what is published anywhere from then on comes here.
        _pump.Tell(new(RoomTellingKind.Joined, member.Connection.Id, member.Info.UserId, [], false, "", 0), () => join?.Answer.TrySetResult(new(new ClusterRoomLink(this, member), null)));
    }

    void IGatewayRoomPort.Refuse(RoomMember member)
    {
        if (_joins.Remove(member, out var join)) join.Answer.TrySetResult(new(null, ErrorCode.RoomFull));
    }

    void IGatewayRoomPort.TellLeft(RoomMember member)
    {
        Interlocked.Increment(ref _rooms.Counters.LeavesValue);
        _pump.Tell(new(RoomTellingKind.Left, member.Connection.Id, "", [], false, "", 0));
    }

    void IGatewayRoomPort.AskMissed(RoomMember member, RoomPosition since) =>
        _pump.Tell(new(RoomTellingKind.Recover, member.Connection.Id, "", [], false, since.Epoch, since.Offset));

    void IGatewayRoomPort.CountGap() => Interlocked.Increment(ref _rooms.Counters.LostValue);

    protected override void OnTurn(in ClusterRoomInput input, Turn turn)
    {
        switch (input.Kind)
        {
            case ClusterRoomInput.Kinds.Flush:
                _deliveries.Deliver();
                return;
            case ClusterRoomInput.Kinds.Join:
                Join((ClusterRoomJoin)input.Target!);
                EndIfEmpty();
                break;
            case ClusterRoomInput.Kinds.Leave:
                Leave((RoomMember)input.Target!);
                break;
            case ClusterRoomInput.Kinds.Publish:
                Publish((RoomMember)input.Target!, input);
                break;
            case ClusterRoomInput.Kinds.Hear:
                Hear((RoomDelivery)input.Target!);
                EndIfEmpty();
                break;
            case ClusterRoomInput.Kinds.Entering:
                ((TaskCompletionSource<RoomEntry>)input.Target!).SetResult(Entry());
                break;
            case ClusterRoomInput.Kinds.Refused:
                Refuse();
                break;
            case ClusterRoomInput.Kinds.Lost:
                Lose();
                break;
        }

        _pump.Members = _room.Members.Count;
        _deliveries.AfterTurn();
    }

    protected override void OnFault(Exception exception) => _rooms.TurnFault(exception);

    private void Join(ClusterRoomJoin join)
    {
        if (_ended)
        {
            join.Answer.TrySetResult(default);
            return;
        }

        if (_link == 0 && !_entering) Interlocked.Increment(ref _rooms.Counters.RoomsValue);
        _joins[join.Member] = join;
        _room.Join(join.Member, join.Since);
        if (!_room.IsLive) Enter();
    }

    private void Leave(RoomMember member)
    {
        _joins.Remove(member);
        _room.Leave(member);
        EndIfEmpty();
    }

    private void Publish(RoomMember sender, in ClusterRoomInput input)
    {
        if (_room.MaySend(sender))
        {
            Interlocked.Increment(ref _rooms.Counters.MessagesValue);
            _pump.Tell(new(RoomTellingKind.Message, sender.Connection.Id, "", input.Frame.Bytes, input.Frame.IsText, "", 0), sender.Connection, input.Credit);
        }
        else
        {
            sender.Connection.Return(input.Credit);
        }
    }

    private void Hear(RoomDelivery delivery)
    {
        // From an entry before this one.
        if (delivery.Link != _link) return;
        foreach (var item in delivery.Items) _room.Hear(delivery.Epoch, item.ToNews());
        if (_room.IsLive) _entering = false;
        else Enter();
    }

    private void Enter()
    {
        if (_entering) return;
        _entering = true;
        _pump.Enter();
    }

    private RoomEntry Entry()
    {
        _link = _rooms.Runtime.NextNumber();
        _room.Lose();
        var since = _room.Position;
        var shown = _room.Policy.Presence ? _room.Members.All.Select(static member => (member.Connection.Id, member.Info.UserId)).ToArray() : [];
        return new(_link, _room.Members.Count, shown, since?.Epoch ?? "", since?.Offset ?? 0, _room.HasEntered);
    }

    private void Refuse()
    {
        _entering = false;
        foreach (var member in _room.Refuse())
            if (_joins.Remove(member, out var join)) join.Answer.TrySetResult(new(null, ErrorCode.TooManyRooms));

        // Members of a room that was lost, and whose place another has taken meanwhile.
        foreach (var member in _room.Members.All) member.Connection.Close(ErrorCode.TooManyRooms);
        EndIfEmpty();
    }

    private void Lose()
    {
        if (_ended) return;
        _room.Lose();
        _entering = true;
        _pump.Enter();
    }

    private void EndIfEmpty()
    {
        if (_ended || !_room.IsEmpty) return;
        _ended = true;
        _rooms.Remove(this);
        _pump.End(_link);
    }
}

/// <summary>The link of a member to its gateway's part of the room.</summary>
internal sealed class ClusterRoomLink(ClusterRoom room, RoomMember member) : RoomLink
{
    public override void Publish(Frame message, Credit credit) => room.Post(ClusterRoomInput.Publish(member, message, credit));

    public override void Leave() => room.Post(ClusterRoomInput.Leave(member));
}
