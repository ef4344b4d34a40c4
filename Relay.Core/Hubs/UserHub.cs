using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Hubs;

/// <summary>
/// One user's hub: it counts the user's connections, gives each message to the plugin with the longest matching prefix, and
/// decides what becomes of plugins that crash. A synchronous state machine; see <see cref="IUserHubPort"/> for its effects.
/// </summary>
/// <remarks>
/// A hub that is being collected and gets a join begins anew at once (DESIGN, "Orleans runtime"): the connection is welcomed, and
/// its plugins are pending until their old instances have ended.
/// </remarks>
public sealed partial class UserHub
{
    private readonly UserKey _key;
    private HubLimits _limits;
    private IReadOnlySet<string>? _offered;
    private readonly RestartPolicy _restarts;
    private readonly IReadOnlyList<PluginInfo> _plugins;
    private readonly PrefixTable _prefixes;
    private readonly IUserHubPort _port;
    private readonly ConnectionTable _connections = new();
    private readonly PluginSlot[] _slots;
    private HashSet<string>? _groups;
    private Phase _phase = Phase.Active;
    private TokenBucket _rate;
    private bool _stopping;
    private long _joins;
    private TimeSpan _idleSince;

    /// <summary>Makes the hub and starts the plugins that start with it.</summary>
    /// <param name="key">Whose hub.</param>
    /// <param name="limits">What bounds it.</param>
    /// <param name="restarts">How many crashes are forgiven.</param>
    /// <param name="plugins">The plugins, in the order of their indexes.</param>
    /// <param name="prefixes">Finds a plugin's index.</param>
    /// <param name="port">The hub's effects.</param>
    /// <param name="turn">The turn that makes it.</param>
    /// <param name="offered">The prefixes of the plugins that the user has; null for all.</param>
    public UserHub(
        UserKey key, HubLimits limits, RestartPolicy restarts, IReadOnlyList<PluginInfo> plugins, PrefixTable prefixes, IUserHubPort port, Turn turn, IReadOnlySet<string>? offered = null)
    {
        (_key, _limits, _restarts, _plugins, _prefixes, _port, _offered) = (key, limits, restarts, plugins, prefixes, port, offered);
        _slots = new PluginSlot[plugins.Count];
        for (var i = 0; i < _slots.Length; i++) _slots[i] = new PluginSlot();
        _idleSince = turn.Now;
        StartAutomatic();
    }

    private enum Phase
    {
        Active,
        Ending,
        Ended,
        Abandoned,
    }

    /// <summary>Connections of the user.</summary>
    public int ClientCount => _connections.Count;

    /// <summary>The user's tenant gets something else from now on. A plugin that is taken away gets no more messages, and ends with the hub.</summary>
    /// <param name="limits">What bounds the hub.</param>
    /// <param name="offered">The prefixes of the plugins that the user has; null for all.</param>
    public void Bound(HubLimits limits, IReadOnlySet<string>? offered) => (_limits, _offered) = (limits, offered);

    /// <summary>A connection wants to join.</summary>
    /// <param name="connection">The connection. It is given its welcome before anything else.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>Null, or why it may not.</returns>
    public ErrorCode? Join(IHubConnection connection, Turn turn) => Enter(connection, welcome: true, turn);

    /// <summary>A connection that was welcomed before is the hub's again: the hub was lost and began anew elsewhere, or had given the connection up.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>Null, or why it may not: others have taken its place.</returns>
    public ErrorCode? Restore(IHubConnection connection, Turn turn)
    {
        if (_connections.Find(connection.Id) is not null) return null;
        return Enter(connection, welcome: false, turn);
    }

    /// <summary>A connection has closed.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="turn">The turn.</param>
    public void Leave(IHubConnection connection, Turn turn)
    {
        if (!_connections.Remove(connection)) return;
        for (var i = 0; i < _slots.Length; i++)
            if (_slots[i].Incarnation != 0) _port.ConnectionLeft(i, connection);
        _port.Tell(RelayEventKind.Disconnected, connection.Id, _connections.Count);
        if (_connections.Count == 0)
        {
            _idleSince = turn.Now;
            _port.Tell(RelayEventKind.LastOut, connection.Id, 0);
            TellPresence(false);
        }

        _port.ReportActivity(_connections.Count, _joins);
    }

    /// <summary>Sends a frame to all of the user's connections.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="except">A connection that does not get it, or null.</param>
    /// <returns>The connections that it went to.</returns>
    public int Push(Frame frame, string? except = null)
    {
        var sent = 0;
        foreach (var connection in _connections.All)
        {
            if (connection.Id == except) continue;
            connection.Push(frame);
            sent++;
        }

        return sent;
    }

    /// <summary>Sends a frame to one of the user's connections.</summary>
    /// <param name="connectionId">Which.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>False when there is none.</returns>
    public bool PushTo(string connectionId, Frame frame)
    {
        if (_connections.Find(connectionId) is not { } connection) return false;
        connection.Push(frame);
        return true;
    }

    /// <summary>Makes the user a member of a group, or ends that.</summary>
    /// <param name="group">The group.</param>
    /// <param name="member">Join or leave.</param>
    /// <returns>False when the hub is ending: its user is in no group any more; and when the user is in as many groups as it may.</returns>
    public bool SetGroup(string group, bool member)
    {
        if (_phase != Phase.Active) return false;
        _groups ??= new(StringComparer.Ordinal);
        if (member && _groups.Count >= _limits.MaxGroupsPerUser && !_groups.Contains(group)) return false;
        if (member ? _groups.Add(group) : _groups.Remove(group)) _port.ReportGroup(group, member);
        return true;
    }

    /// <summary>The central hub finds the hub idle and asks it to end. The hub refuses when that is no longer true.</summary>
    /// <param name="joins">The joins on which the decision rests.</param>
    /// <param name="turn">The turn.</param>
    public void Collect(long joins, Turn turn)
    {
        if (_phase != Phase.Active || joins != _joins || _connections.Count > 0 || turn.Now - _idleSince < _limits.InactivityTimeout)
        {
            _port.ReportActivity(_connections.Count, _joins);
            return;
        }

        End();
    }

    /// <summary>Tells the central hub again how many clients there are, and the user's groups: it may have been lost and know nothing of this hub.</summary>
    public void Repeat()
    {
        if (_phase != Phase.Active) return;
        _port.ReportActivity(_connections.Count, _joins);
        foreach (var group in _groups ?? []) _port.ReportGroup(group, true);
    }

    /// <summary>The process stops: the plugins end in good order, and the hub does not begin anew.</summary>
    public void Stop()
    {
        _stopping = true;
        if (_phase == Phase.Active) End();
        // The central hub may have kept a hub that had ended, for a join that is refused now; who stops an abandoned one waits for a word too.
        else if (_phase is Phase.Ended or Phase.Abandoned) _port.ReportEnded(_joins, true);
    }

    /// <summary>The central hub has forgotten this hub and makes another one for the user's next join: this one ends for good.</summary>
    public void Abandon()
    {
        EndPlugins();
        _phase = Phase.Abandoned;
        var left = _connections.All.ToArray();
        _connections.Clear();
        for (var i = 0; i < left.Length; i++)
        {
            left[i].Close(ErrorCode.HubCreationFailed);
            _port.Tell(RelayEventKind.Disconnected, left[i].Id, left.Length - 1 - i);
            if (i == left.Length - 1) _port.Tell(RelayEventKind.LastOut, left[i].Id, 0);
        }
    }

    /// <summary>Describes the hub for an operator.</summary>
    /// <param name="turn">The turn.</param>
    /// <returns>The description.</returns>
    public HubDescription Describe(Turn turn)
    {
        var connections = new string[_connections.Count];
        for (var i = 0; i < connections.Length; i++) connections[i] = _connections.All[i].Id;
        var plugins = new PluginDescription[_slots.Length];
        for (var i = 0; i < plugins.Length; i++) plugins[i] = new(_plugins[i].Prefix, _slots[i].Status.Wire(), _slots[i].Crashes);
        return new(_key.UserId, _phase == Phase.Active ? "active" : "ending", connections.Length > 0 ? TimeSpan.Zero : turn.Now - _idleSince, connections, [.. _groups ?? []], plugins);
    }

    private ErrorCode? Enter(IHubConnection connection, bool welcome, Turn turn)
    {
        _joins++;
        if (_phase == Phase.Abandoned) return ErrorCode.HubCreationFailed;
        if (_stopping) return ErrorCode.GoingAway;
        if (_phase != Phase.Active) BeginAnew(turn);
        if (_connections.Count >= _limits.MaxConnectionsPerUser)
        {
            _port.ReportActivity(_connections.Count, _joins);
            return ErrorCode.MaxConnectionsReached;
        }

        _connections.Add(connection);
        if (welcome)
        {
            connection.Push(Welcome(connection.Id));
            // Of one that comes back from a hub that was lost, its predecessor has told.
            _port.Tell(RelayEventKind.Connected, connection.Id, _connections.Count);
            if (_connections.Count == 1) _port.Tell(RelayEventKind.FirstIn, connection.Id, 1);
        }

        if (_connections.Count == 1) TellPresence(true);
        _port.ReportActivity(_connections.Count, _joins);
        return null;
    }

    private void BeginAnew(Turn turn)
    {
        _phase = Phase.Active;
        _idleSince = turn.Now;
        foreach (var slot in _slots) slot.Renew();
        StartAutomatic();
    }

    private void TellPresence(bool present)
    {
        for (var i = 0; i < _slots.Length; i++)
            if (_slots[i].IsAlive) _port.TellPresence(i, present);
    }

    private void End()
    {
        _phase = Phase.Ending;
        foreach (var group in _groups ?? []) _port.ReportGroup(group, false);
        _groups = null;
        EndPlugins();
        EndIfDone();
    }

    private void EndPlugins()
    {
        for (var i = 0; i < _slots.Length; i++)
            if (_slots[i].End()) _port.EndPlugin(i, _slots[i].Incarnation);
    }

    private void EndIfDone()
    {
        if (_phase != Phase.Ending) return;
        foreach (var slot in _slots)
            if (slot.IsEnding) return;
        _phase = Phase.Ended;
        _port.ReportEnded(_joins, _stopping);
    }

    private bool IsOffered(int plugin) => _offered is null || _offered.Contains(_plugins[plugin].Prefix);

    private Frame Welcome(string connectionId)
    {
        var plugins = new List<(string, string)>(_slots.Length);
        for (var i = 0; i < _slots.Length; i++)
            if (IsOffered(i)) plugins.Add((_plugins[i].Prefix, _slots[i].Status.Wire()));
        return Frames.Welcome(_key.UserId, _connections.Count, connectionId, plugins.ToArray());
    }
}
