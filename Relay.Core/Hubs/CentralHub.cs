namespace Relay.Core.Hubs;

/// <summary>
/// A tenant's directory of user hubs: it finds or makes a user's hub for a join, knows which hubs have no clients, and has
/// those collected. It is not on the way of messages (DESIGN rule 3).
/// </summary>
/// <remarks>
/// Each entry counts the joins that were routed to its hub. A hub is asked to end with that number, and refuses when it has
/// seen another; its end counts only with that number. So a join on its way to an ending hub is never lost: the hub begins anew.
/// </remarks>
/// <typeparam name="THub">How the runtime names a user hub.</typeparam>
public sealed class CentralHub<THub>
    where THub : class
{
    private readonly TenantId _tenant;
    private HubLimits _limits;
    private readonly ICentralHubPort<THub> _port;
    private readonly Dictionary<string, Entry> _hubs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _groups = new(StringComparer.Ordinal);
    private long _clients;
    private bool _stopping;

    /// <summary>Makes the directory.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="limits">What bounds it.</param>
    /// <param name="port">Its effects.</param>
    public CentralHub(TenantId tenant, HubLimits limits, ICentralHubPort<THub> port) => (_tenant, _limits, _port) = (tenant, limits, port);

    /// <summary>The tenant gets something else from now on.</summary>
    /// <param name="limits">What bounds it.</param>
    public void Bound(HubLimits limits) => _limits = limits;

    /// <summary>User hubs of the tenant.</summary>
    public int Count => _hubs.Count;

    /// <summary>Whether the process stops.</summary>
    public bool IsStopping => _stopping;

    /// <summary>Connections of the tenant, as the hubs last reported them.</summary>
    public long Clients => _clients;

    /// <summary>A connection wants to join its user's hub. The caller must hand the join to the hub that is given.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>The hub, found or made; null when it cannot be made.</returns>
    public THub? Route(string userId, Turn turn)
    {
        if (!_hubs.TryGetValue(userId, out var entry))
        {
            if (_stopping || _hubs.Count >= _limits.MaxUserHubs) return null;
            if (_port.CreateHub(new UserKey(_tenant, userId)) is not { } hub) return null;
            entry = new Entry(hub) { IdleSince = turn.Now };
            _hubs.Add(userId, entry);
        }

        entry.Routed++;
        return entry.Hub;
    }

    /// <summary>Finds a user's hub without making one.</summary>
    /// <param name="userId">The user.</param>
    /// <returns>The hub, or null.</returns>
    public THub? Find(string userId) => _hubs.GetValueOrDefault(userId)?.Hub;

    /// <summary>Finds the hubs of a group's members.</summary>
    /// <param name="group">The group.</param>
    /// <returns>The hubs.</returns>
    public IReadOnlyList<THub> Members(string group)
    {
        if (!_groups.TryGetValue(group, out var members)) return [];
        var hubs = new List<THub>(members.Count);
        foreach (var user in members)
            if (_hubs.TryGetValue(user, out var entry)) hubs.Add(entry.Hub);
        return hubs;
    }

    /// <summary>Lists hubs in the order of their users' ids.</summary>
    /// <param name="after">Only users behind this id, or null.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The hubs.</returns>
    public IReadOnlyList<THub> Page(string? after, int limit) => [.. First(_hubs.Keys, after, limit).Select(user => _hubs[user].Hub)];

    /// <summary>Lists users that have hubs, in the order of their ids.</summary>
    /// <param name="after">Only users behind this id, or null.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The users, with the connections that their hubs last reported, and how many there are in all.</returns>
    public (int Total, IReadOnlyList<UserInfo> Users) Users(string? after, int limit) => (_hubs.Count, [.. First(_hubs.Keys, after, limit).Select(Info)]);

    /// <summary>Lists a group's members, in the order of their ids.</summary>
    /// <param name="group">The group.</param>
    /// <param name="after">Only users behind this id, or null.</param>
    /// <param name="limit">How many at the most.</param>
    /// <returns>The members, and how many there are in all.</returns>
    public (int Total, IReadOnlyList<UserInfo> Users) Members(string group, string? after, int limit) =>
        _groups.TryGetValue(group, out var members) ? (members.Count, [.. First(members, after, limit).Select(Info)]) : (0, []);

    /// <summary>A hub tells how many clients it has.</summary>
    /// <param name="userId">Whose hub.</param>
    /// <param name="hub">The hub; news of one that has been forgotten is ignored.</param>
    /// <param name="clients">The number.</param>
    /// <param name="joins">Joins that the hub has seen.</param>
    /// <param name="turn">The turn.</param>
    public void Activity(string userId, THub hub, int clients, long joins, Turn turn)
    {
        if (Entered(userId, hub) is not { } entry) return;
        _clients += clients - entry.Clients;
        (entry.Clients, entry.Seen, entry.EndingSince) = (clients, joins, null);
        if (clients == 0) entry.IdleSince = turn.Now;
    }

    /// <summary>
    /// As <see cref="Activity"/>, from a hub that may have been there before this directory, which then learns of it: in a cluster either may be
    /// lost without the other. What the hub has seen counts as all that was routed to it; a join on its way is reported in its turn.
    /// </summary>
    /// <param name="userId">Whose hub.</param>
    /// <param name="hub">The hub.</param>
    /// <param name="clients">Its clients.</param>
    /// <param name="joins">Joins that it has seen.</param>
    /// <param name="turn">The turn.</param>
    public void Reported(string userId, THub hub, int clients, long joins, Turn turn)
    {
        if (!_hubs.TryGetValue(userId, out var entry)) _hubs.Add(userId, entry = new Entry(hub) { IdleSince = turn.Now });
        entry.Routed = joins;
        // Repeated news of an idle hub must not make it young again.
        var idle = entry.Clients == 0 && clients == 0 ? entry.IdleSince : turn.Now;
        Activity(userId, hub, clients, joins, turn);
        entry.IdleSince = idle;
    }

    /// <summary>A hub has ended.</summary>
    /// <param name="userId">Whose hub.</param>
    /// <param name="hub">The hub; news of one that has been forgotten is ignored.</param>
    /// <param name="joins">Joins that the hub has seen. When one is on its way, the hub will begin anew and stays.</param>
    /// <param name="forGood">The hub was stopped: it refuses what is on its way, and is gone.</param>
    /// <returns>True when the hub is gone.</returns>
    public bool Ended(string userId, THub hub, long joins, bool forGood = false)
    {
        if (Entered(userId, hub) is not { } entry) return false;
        entry.EndingSince = null;
        if (!forGood && joins != entry.Routed) return false;
        Remove(userId, entry);
        return true;
    }

    /// <summary>A user has joined or left a group.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="hub">The user's hub; news of one that has been forgotten is ignored.</param>
    /// <param name="group">The group.</param>
    /// <param name="member">Joined or left.</param>
    public void Group(string userId, THub hub, string group, bool member)
    {
        if (Entered(userId, hub) is not { } entry) return;
        if (member)
        {
            if (!_groups.TryGetValue(group, out var members)) _groups.Add(group, members = new(StringComparer.Ordinal));
            members.Add(userId);
            (entry.Groups ??= new(StringComparer.Ordinal)).Add(group);
        }
        else if (entry.Groups?.Remove(group) == true)
        {
            Quit(userId, group);
        }
    }

    /// <summary>All groups of a user: of any other the user is no member any more. The user's hub may have been lost, and its successor knows of fewer.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="hub">The user's hub; news of one that has been forgotten is ignored.</param>
    /// <param name="groups">The groups.</param>
    public void Groups(string userId, THub hub, IReadOnlyCollection<string> groups)
    {
        if (Entered(userId, hub) is not { } entry) return;
        foreach (var group in (entry.Groups ?? []).Except(groups).ToList()) Group(userId, hub, group, member: false);
        foreach (var group in groups) Group(userId, hub, group, member: true);
    }

    /// <summary>Asks the hubs that have been idle for longer than the inactivity timeout to end. To be called every <see cref="HubLimits.CollectionInterval"/>.</summary>
    /// <param name="turn">The turn.</param>
    public void Collect(Turn turn)
    {
        foreach (var (user, entry) in _hubs)
        {
            if (entry.EndingSince is { } since)
            {
                if (turn.Now - since <= _limits.CancelTimeout * 2) continue;
                Remove(user, entry);
                _port.Abandon(entry.Hub);
            }
            // A hub that was never heard of may not be there: in a cluster, who was routed to it may be lost on the way.
            else if (entry.Clients == 0 && (entry.Seen == entry.Routed || entry.Seen == 0) && turn.Now - entry.IdleSince > _limits.InactivityTimeout)
            {
                entry.EndingSince = turn.Now;
                _port.AskToEnd(entry.Hub, entry.Routed);
            }
        }
    }

    /// <summary>The process stops: no hub is made any more, and all end.</summary>
    public void Stop()
    {
        _stopping = true;
        if (_hubs.Count == 0) _port.Stopped();
        foreach (var (_, entry) in _hubs) _port.Stop(entry.Hub);
    }

    private static string[] First(IEnumerable<string> users, string? after, int limit)
    {
        // The largest id on top, so that what falls out of the page is dropped at once.
        var page = new PriorityQueue<string, string>(Comparer<string>.Create(static (a, b) => string.CompareOrdinal(b, a)));
        foreach (var user in users)
        {
            if (after is not null && string.CompareOrdinal(user, after) <= 0) continue;
            page.Enqueue(user, user);
            if (page.Count > limit) page.Dequeue();
        }

        var first = new string[page.Count];
        for (var i = first.Length - 1; i >= 0; i--) first[i] = page.Dequeue();
        return first;
    }

    private UserInfo Info(string userId) => new(userId, _hubs.GetValueOrDefault(userId)?.Clients ?? 0);

    private Entry? Entered(string userId, THub hub) =>
        _hubs.TryGetValue(userId, out var entry) && EqualityComparer<THub>.Default.Equals(entry.Hub, hub) ? entry : null;

    private void Remove(string userId, Entry entry)
    {
        _hubs.Remove(userId);
        _clients -= entry.Clients;
        // A hub that was forgotten has not told that its user is in no group any more.
        foreach (var group in entry.Groups ?? []) Quit(userId, group);
        if (_stopping && _hubs.Count == 0) _port.Stopped();
    }

    private void Quit(string userId, string group)
    {
        var members = _groups[group];
        members.Remove(userId);
        if (members.Count == 0) _groups.Remove(group);
    }

    private sealed class Entry(THub hub)
    {
        internal THub Hub { get; } = hub;
        internal long Routed;
        internal long Seen;
        internal int Clients;
        internal TimeSpan IdleSince;
        internal TimeSpan? EndingSince;
        internal HashSet<string>? Groups;
    }
}
