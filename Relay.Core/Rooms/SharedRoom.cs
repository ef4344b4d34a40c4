using Relay.Core.Protocol;

namespace Relay.Core.Rooms;

/// <summary>
/// A room whose members are at several gateways: it knows the gateways, gives all messages one order, keeps history, and tells each gateway each
/// thing once. What is soft in it comes back when gateways enter anew (DESIGN rule 7); history does not.
/// </summary>
/// <param name="policy">What the room does beyond passing messages on.</param>
/// <param name="epoch">This life of the room; never used before.</param>
public sealed class SharedRoom(RoomPolicy policy, string epoch)
{
    private readonly RoomLog? _log = policy.KeepsHistory ? new(policy, epoch) : null;
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);

    /// <summary>This life of the room.</summary>
    public string Epoch => epoch;

    /// <summary>Members at all gateways, as those last told.</summary>
    public int Members { get; private set; }

    /// <summary>Whether nothing would be lost with it.</summary>
    public bool IsIdle => _shares.Count == 0 && _log is null or { IsEmpty: true };

    /// <summary>The members, where the room shows them.</summary>
    public IEnumerable<RoomMemberInfo>? Shown => policy.Presence ? _shares.Values.SelectMany(static share => share.Shown.Values) : null;

    /// <summary>Who is the gateway's port, when it is in.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <returns>The port, or null.</returns>
    public IRoomGateway? Find(string gateway) => _shares.GetValueOrDefault(gateway)?.Gateway;

    /// <summary>A gateway enters, or enters again.</summary>
    /// <param name="gateway">Its port.</param>
    /// <param name="members">Its members.</param>
    /// <param name="shown">The same by their names, where the room shows them.</param>
    /// <param name="since">The last that it was told.</param>
    /// <param name="turn">The turn.</param>
    public void Enter(IRoomGateway gateway, int members, IReadOnlyList<RoomMemberInfo> shown, RoomPosition? since, Turn turn)
    {
        var before = _shares.GetValueOrDefault(gateway.Id);
        var share = new Share(gateway);
        _shares[gateway.Id] = share;
        Members += members - (before?.Count ?? 0);
        share.Count = members;
        var missed = since is { } position ? _log?.Since(position, turn) : null;
        gateway.Send(new(RoomNewsKind.Entered, Offset, Members: Members, Missed: missed));
        var there = shown.Select(static one => one.ConnectionId).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, member) in before?.Shown ?? [])
        {
            if (there.Contains(id)) share.Shown[id] = member;
            else TellAll(new(RoomNewsKind.Left, Offset, Member: member, Members: Members));
        }

        foreach (var member in shown) Show(share, member);
        TellCount();
    }

    /// <summary>A gateway has no members any more, or is lost.</summary>
    /// <param name="gateway">The gateway.</param>
    public void Leave(string gateway)
    {
        if (!_shares.Remove(gateway, out var share)) return;
        Members -= share.Count;
        TellCount();
        foreach (var member in share.Shown.Values) TellAll(new(RoomNewsKind.Left, Offset, Member: member, Members: Members));
    }

    /// <summary>A gateway tells how many members it has.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="members">How many.</param>
    public void Count(string gateway, int members)
    {
        if (!_shares.TryGetValue(gateway, out var share)) return;
        var more = members - share.Count;
        Members += more;
        share.Count = members;
        if (more == 0 || policy.MaxMembers == 0) return;
        TellCount();
        // Several gateways have let somebody in at the same moment.
        if (more > 0 && Members > policy.MaxMembers) share.Gateway.Send(new(RoomNewsKind.Full, Offset, Members: Math.Min(more, Members - policy.MaxMembers)));
    }

    /// <summary>A member has come.</summary>
    /// <param name="gateway">Its gateway.</param>
    /// <param name="member">Who.</param>
    public void Joined(string gateway, RoomMemberInfo member)
    {
        if (policy.Presence && _shares.TryGetValue(gateway, out var share)) Show(share, member);
    }

    /// <summary>A member has gone.</summary>
    /// <param name="gateway">Its gateway.</param>
    /// <param name="connectionId">Who.</param>
    public void Left(string gateway, string connectionId)
    {
        if (_shares.TryGetValue(gateway, out var share) && share.Shown.Remove(connectionId, out var member))
            TellAll(new(RoomNewsKind.Left, Offset, Member: member, Members: Members));
    }

    /// <summary>Passes a message on.</summary>
    /// <param name="gateway">Whose member sent it, or null when it came from a back end.</param>
    /// <param name="sender">The member's connection.</param>
    /// <param name="message">The message.</param>
    /// <param name="turn">The turn.</param>
    public void Publish(string? gateway, string sender, Frame message, Turn turn)
    {
        _log?.Add(message, turn, out _);
        foreach (var (id, share) in _shares)
        {
            var own = !policy.Echo && id == gateway;
            share.Gateway.Send(new(RoomNewsKind.Message, Offset, message, own ? new(sender, "") : null));
        }
    }

    /// <summary>A member that came back wants what it missed.</summary>
    /// <param name="gateway">Its gateway.</param>
    /// <param name="connectionId">The member.</param>
    /// <param name="since">The last that it has seen.</param>
    /// <param name="turn">The turn.</param>
    public void Recover(string gateway, string connectionId, RoomPosition since, Turn turn)
    {
        if (_shares.TryGetValue(gateway, out var share))
            share.Gateway.Send(new(RoomNewsKind.Recovered, Offset, Member: new(connectionId, ""), Members: Members, Missed: _log?.Since(since, turn)));
    }

    /// <summary>Time has passed.</summary>
    /// <param name="turn">The turn.</param>
    public void Sweep(Turn turn) => _log?.Trim(turn);

    /// <summary>The room ends here, and begins anew elsewhere when somebody wants it.</summary>
    public void Move() => TellAll(new(RoomNewsKind.Moved, Offset));

    private long Offset => _log?.Position.Offset ?? 0;

    private void Show(Share share, RoomMemberInfo member)
    {
        if (share.Shown.TryAdd(member.ConnectionId, member)) TellAll(new(RoomNewsKind.Joined, Offset, Member: member, Members: Members));
    }

    private void TellCount()
    {
        if (policy.MaxMembers > 0) TellAll(new(RoomNewsKind.Counted, Offset, Members: Members));
    }

    private void TellAll(in RoomNews news)
    {
        foreach (var share in _shares.Values) share.Gateway.Send(news);
    }

    private sealed class Share(IRoomGateway gateway)
    {
        internal IRoomGateway Gateway => gateway;

        internal Dictionary<string, RoomMemberInfo> Shown { get; } = new(StringComparer.Ordinal);

        internal int Count { get; set; }
    }
}
