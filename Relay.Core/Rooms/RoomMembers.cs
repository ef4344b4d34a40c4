using Relay.Core.Protocol;

namespace Relay.Core.Rooms;

/// <summary>Something that all members are sent, in the room's order. A default frame is not sent.</summary>
/// <param name="Message">For members that get bare messages.</param>
/// <param name="Event">For members that get events.</param>
/// <param name="Except">A member for whom it is different.</param>
/// <param name="Instead">What that member gets.</param>
public readonly record struct RoomItem(Frame Message, Frame Event, RoomMember? Except = null, Frame Instead = default);

/// <summary>
/// The members of a room on this gateway, and what waits to be sent to them: items are collected and then delivered to each member at once,
/// so that one system call carries as many as came together.
/// </summary>
public sealed class RoomMembers
{
    // What waits before it is delivered without waiting for more.
    private const int MostBytes = 32 * 1024;

    private readonly List<RoomMember> _members = [];
    private readonly List<RoomItem> _items = [];
    private FrameBatch _messages = new();
    private FrameBatch _events = new();

    /// <summary>How many members.</summary>
    public int Count => _members.Count;

    /// <summary>How many of them get events.</summary>
    public int Listeners { get; private set; }

    /// <summary>Whether something waits to be delivered.</summary>
    public bool IsPending => _items.Count > 0;

    /// <summary>Messages given to members' connections so far.</summary>
    public long Deliveries { get; private set; }

    /// <summary>The members, in no order.</summary>
    public IReadOnlyList<RoomMember> All => _members;

    /// <summary>Adds a member. It gets what is appended from now on.</summary>
    /// <param name="member">The member.</param>
    public void Add(RoomMember member)
    {
        Deliver();
        member.Index = _members.Count;
        _members.Add(member);
        if (member.WantsEvents) Listeners++;
    }

    /// <summary>Removes a member.</summary>
    /// <param name="member">The member.</param>
    /// <returns>False when it is none.</returns>
    public bool Remove(RoomMember member)
    {
        if (member.Index == RoomMember.Outside) return false;
        var last = _members[^1];
        _members[member.Index] = last;
        last.Index = member.Index;
        _members.RemoveAt(_members.Count - 1);
        member.Index = RoomMember.Outside;
        if (member.WantsEvents) Listeners--;
        return true;
    }

    /// <summary>Sends something to all members, at the latest with <see cref="Deliver"/>.</summary>
    /// <param name="item">What.</param>
    public void Append(in RoomItem item)
    {
        _items.Add(item);
        if (item.Except is { } member) member.Own++;
        if (item.Message.Bytes is not null) _messages.Add(item.Message);
        if (item.Event.Bytes is not null) _events.Add(item.Event);
        if (_messages.Bytes >= MostBytes || _events.Bytes >= MostBytes) Deliver();
    }

    /// <summary>Delivers what waits.</summary>
    public void Deliver()
    {
        if (_items.Count == 0) return;
        foreach (var member in _members)
        {
            if (member.Own != 0)
            {
                DeliverSingly(member);
                continue;
            }

            var batch = member.WantsEvents ? _events : _messages;
            if (batch.Count == 0) continue;
            member.Connection.Deliver(batch);
            Deliveries += batch.Count;
        }

        // Who has left meanwhile must not keep a mark.
        foreach (var item in _items)
            if (item.Except is { } member) member.Own = 0;
        _items.Clear();
        if (_messages.Count > 0) _messages = new();
        if (_events.Count > 0) _events = new();
    }

    private void DeliverSingly(RoomMember member)
    {
        foreach (var item in _items)
        {
            var frame = item.Except == member ? item.Instead : member.WantsEvents ? item.Event : item.Message;
            if (frame.Bytes is null) continue;
            member.Connection.Push(frame);
            Deliveries++;
        }
    }
}
