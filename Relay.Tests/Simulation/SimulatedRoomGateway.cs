using Relay.Core;
using Relay.Core.Rooms;

namespace Relay.Tests.Simulation;

/// <summary>A gateway of a simulated room, with the news that is on its way to it.</summary>
internal sealed class SimulatedRoomGateway(string id, RoomPolicy policy) : IGatewayRoomPort
{
    private readonly Queue<(int Link, string Epoch, RoomNews News)> _underWay = new();
    private readonly List<(RoomMember Member, RoomPosition Since)> _asks = [];
    private readonly Dictionary<RoomMember, SimulatedMember> _members = [];
    private readonly List<(RoomPosition Position, int Last)> _gone = [];
    private readonly List<Action<SharedRoom>> _tellings = [];
    private GatewayRoom? _room;
    private SharedRoom? _entered;
    private int _link;
    private int _names;

    public string Id => id;

    public int Recovered { get; private set; }

    public int NotRecovered { get; private set; }

    public bool IsLive => Room.IsLive;

    public IEnumerable<SimulatedMember> Members => _members.Values;

    private GatewayRoom Room => _room ??= new(new(TenantId.Default, "r"), policy, this);

    public bool IsIn(SharedRoom room) => ReferenceEquals(_entered, room);

    public void Enter(SharedRoom room, Turn turn)
    {
        _entered = room;
        _tellings.Clear();
        Room.Lose();
        room.Enter(new Port(this, ++_link, room.Epoch), Room.Members.Count, [.. Room.Members.All.Select(static member => member.Info)], Room.Position, turn);
    }

    /// <summary>What silo and gateway had between them is gone.</summary>
    public void Lose()
    {
        _underWay.Clear();
        _entered = null;
        Room.Lose();
    }

    public bool DeliverOne()
    {
        if (!_underWay.TryDequeue(out var next)) return false;
        if (next.Link == _link) Room.Hear(next.Epoch, next.News);
        Room.Members.Deliver();
        return true;
    }

    public void Join(SimulatedMember? back)
    {
        var member = back ?? new($"{id}m{++_names}", isBare: _names % 3 == 0);
        var joined = new RoomMember(member, !member.IsBare);
        _members.Add(joined, member);
        Room.Join(joined, member.Since);
    }

    public void ComeBack(Random random)
    {
        if (_gone.Count == 0) return;
        // Mostly soon: who stays away for long finds nothing.
        var at = Math.Max(0, _gone.Count - 1 - random.Next(3));
        var (position, last) = _gone[at];
        _gone.RemoveAt(at);
        Join(new($"{id}m{++_names}", position, last));
    }

    public void Leave(Random random)
    {
        if (_members.Count == 0) return;
        var (joined, member) = _members.ElementAt(random.Next(_members.Count));
        _members.Remove(joined);
        _asks.RemoveAll(ask => ask.Member == joined);
        Room.Leave(joined);
        if (member.Position is { } position) _gone.Add((position, member.Last));
        CountOutcome(member);
    }

    public void CountOutcome(SimulatedMember member)
    {
        if (member.Outcome == true) Recovered++;
        else if (member.Outcome == false) NotRecovered++;
    }

    /// <summary>What the gateway has to tell arrives.</summary>
    public void Ask(SharedRoom room, Turn turn)
    {
        if (!IsIn(room)) return;
        room.Count(id, Room.Members.Count);
        foreach (var telling in _tellings) telling(room);
        _tellings.Clear();
        foreach (var (member, since) in _asks) room.Recover(id, member.Connection.Id, since, turn);
        if (IsLive) _asks.Clear();
    }

    void IGatewayRoomPort.Admit(RoomMember member, bool? recovered) => _tellings.Add(room => room.Joined(id, member.Info));

    void IGatewayRoomPort.Refuse(RoomMember member) => throw new InvalidOperationException("These rooms have no limit of members.");

    void IGatewayRoomPort.TellLeft(RoomMember member) => _tellings.Add(room => room.Left(id, member.Connection.Id));

    void IGatewayRoomPort.AskMissed(RoomMember member, RoomPosition since) => _asks.Add((member, since));

    void IGatewayRoomPort.CountGap()
    {
        foreach (var (_, member) in _members) member.HasGap = true;
    }

    private sealed class Port(SimulatedRoomGateway gateway, int link, string epoch) : IRoomGateway
    {
        public string Id => gateway.Id;

        public void Send(in RoomNews news) => gateway._underWay.Enqueue((link, epoch, news));
    }
}
