using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Rooms;

/// <summary>The effects of a <see cref="GatewayRoom"/>. None blocks or calls back.</summary>
public interface IGatewayRoomPort
{
    /// <summary>A member is in, as soon as the room knows of it.</summary>
    void Admit(RoomMember member, bool? recovered);

    /// <summary>Who wanted to be a member finds no place.</summary>
    void Refuse(RoomMember member);

    /// <summary>Tells the room that a member has gone.</summary>
    void TellLeft(RoomMember member);

    /// <summary>Asks the room for what a member missed.</summary>
    void AskMissed(RoomMember member, RoomPosition since);

    /// <summary>Messages may have been missed, and nobody knows which.</summary>
    void CountGap();
}

/// <summary>One gateway's part of a <see cref="SharedRoom"/>: its members, and what the room tells them.</summary>
/// <param name="key">Which room.</param>
/// <param name="policy">What it does beyond passing messages on.</param>
/// <param name="port">Its effects.</param>
public sealed class GatewayRoom(RoomKey key, RoomPolicy policy, IGatewayRoomPort port)
{
    // Members that are not in yet: those that wait for the room, and those that wait for what they missed.
    private readonly Dictionary<string, (RoomMember Member, RoomPosition? Since)> _waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RoomMember> _in = new(StringComparer.Ordinal);
    private string _epoch = "";
    private long _offset;
    private int _total;
    private bool _entered;

    /// <summary>The members.</summary>
    public RoomMembers Members { get; } = new();

    /// <summary>What the room does beyond passing messages on.</summary>
    public RoomPolicy Policy => policy;

    /// <summary>Whether the room tells this gateway what happens.</summary>
    public bool IsLive { get; private set; }

    /// <summary>Whether the room has told this gateway anything, now or in an earlier life.</summary>
    public bool HasEntered => _entered;

    /// <summary>Whether nobody is there or on the way.</summary>
    public bool IsEmpty => Members.Count == 0 && _waiting.Count == 0;

    // What other gateways have let in meanwhile is not known yet: the room says so when it was too many.
    private bool IsFull => policy.MaxMembers > 0 && Math.Max(_total, Members.Count) >= policy.MaxMembers;

    /// <summary>The last that the room has told; null before it has told anything.</summary>
    public RoomPosition? Position => policy.KeepsHistory && _entered ? new(_epoch, _offset) : null;

    /// <summary>A connection wants to be a member.</summary>
    /// <param name="member">The member.</param>
    /// <param name="since">The last that it has seen, when it comes back.</param>
    public void Join(RoomMember member, RoomPosition? since)
    {
        if (IsLive) Begin(member, since);
        else _waiting[member.Connection.Id] = (member, since);
    }

    /// <summary>A member, or who wanted to be one, has gone.</summary>
    /// <param name="member">The member.</param>
    /// <returns>False when it was none.</returns>
    public bool Leave(RoomMember member)
    {
        if (_waiting.Remove(member.Connection.Id) || !Members.Remove(member)) return false;
        _in.Remove(member.Connection.Id);
        if (policy.MaxMembers > 0) _total--;
        port.TellLeft(member);
        return true;
    }

    /// <summary>Whether a member may send. One that may not is closed.</summary>
    /// <param name="sender">The member.</param>
    /// <returns>True when the message is to be told to the room.</returns>
    public bool MaySend(RoomMember sender)
    {
        if (policy.ReceiveOnly) sender.Connection.Close(ErrorCode.ReceiveOnly);
        return !policy.ReceiveOnly;
    }

    /// <summary>The room tells nothing any more.</summary>
    public void Lose() => IsLive = false;

    /// <summary>The room refuses this gateway.</summary>
    /// <returns>Who wanted to be a member.</returns>
    public IReadOnlyList<RoomMember> Refuse()
    {
        RoomMember[] refused = [.. _waiting.Values.Select(static waits => waits.Member)];
        _waiting.Clear();
        return refused;
    }

    /// <summary>The room tells something.</summary>
    /// <param name="epoch">The room's life.</param>
    /// <param name="news">What.</param>
    public void Hear(string epoch, in RoomNews news)
    {
        switch (news.Kind)
        {
            case RoomNewsKind.Entered:
                Enter(epoch, news);
                break;
            case RoomNewsKind.Message when policy.KeepsHistory && (!IsLive || news.Offset != _offset + 1):
                // Something got lost on the way, whatever it was: what is kept comes with the next entry.
                Lose();
                break;
            case RoomNewsKind.Message:
                _offset = news.Offset;
                Append(news);
                break;
            case RoomNewsKind.Joined:
            case RoomNewsKind.Left:
                _total = news.Members;
                var joined = news.Kind == RoomNewsKind.Joined;
                Members.Append(new(default, RoomEvents.Presence(joined, news.Member!, news.Members), joined ? Find(news.Member) : null));
                break;
            // While the gateway is not in, what it is told at its entry comes again: the member asks anew then.
            case RoomNewsKind.Recovered when IsLive:
                // Not there: it has gone, or the answer came twice.
                if (_waiting.Remove(news.Member!.ConnectionId, out var waits)) Add(waits.Member, news.Missed is not null, news.Missed);
                break;
            case RoomNewsKind.Counted:
                _total = news.Members;
                break;
            case RoomNewsKind.Full:
                for (var i = 1; i <= Math.Min(news.Members, Members.Count); i++) Members.All[^i].Connection.Close(ErrorCode.RoomFull);
                break;
            case RoomNewsKind.Moved:
                Lose();
                break;
        }
    }

    private void Enter(string epoch, in RoomNews news)
    {
        var (again, missed) = (_entered, news.Missed);
        (_epoch, _offset, _total, _entered, IsLive) = (epoch, news.Offset, news.Members, true, true);
        Members.Deliver();
        if (again && missed is null) port.CountGap();
        var bare = again && Members.Listeners < Members.Count ? missed?.Select(RoomEvents.Bare).ToList() : null;
        foreach (var member in Members.All)
        {
            if (!again) continue;
            if (missed is null && member.WantsEvents) member.Connection.Push(RoomEvents.Joined(key.Name, member.Connection.Id, Position, false, policy.Presence ? _total : null));
            foreach (var frame in (member.WantsEvents ? missed : bare) ?? []) member.Connection.Push(frame);
        }

        var waiting = _waiting.Values.ToArray();
        _waiting.Clear();
        foreach (var (member, since) in waiting) Begin(member, since);
    }

    private void Begin(RoomMember member, RoomPosition? since)
    {
        if (IsFull)
        {
            port.Refuse(member);
        }
        else if (since is { } position && policy.KeepsHistory)
        {
            _waiting[member.Connection.Id] = (member, since);
            port.AskMissed(member, position);
        }
        else
        {
            Add(member, since is null ? null : false, null);
        }
    }

    private void Add(RoomMember member, bool? recovered, IReadOnlyList<Frame>? missed)
    {
        Members.Add(member);
        _in[member.Connection.Id] = member;
        _total++;
        if (member.WantsEvents)
        {
            member.Connection.Push(RoomEvents.Joined(key.Name, member.Connection.Id, Position, recovered, policy.Presence ? _total : null));
            foreach (var frame in missed ?? []) member.Connection.Push(frame);
        }

        port.Admit(member, recovered);
    }

    private void Append(in RoomNews news)
    {
        Frame made = Members.Listeners > 0 ? RoomEvents.Message(Position, news.Message) : default;
        var except = Find(news.Member);
        Members.Append(new(news.Message, made, except, except is { WantsEvents: true } && Position is { } place ? RoomEvents.Sent(place) : default));
    }

    private RoomMember? Find(RoomMemberInfo? info) => info is null ? null : _in.GetValueOrDefault(info.ConnectionId);
}
