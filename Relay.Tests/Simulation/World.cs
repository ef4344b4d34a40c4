using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Hubs;

namespace Relay.Tests.Simulation;

/// <summary>A tenant's hubs, plugins and clients without a thread: one random step after another, every rule checked on the way.</summary>
internal sealed class World : ICentralHubPort<SimulatedHub>
{
    public static readonly string[] Prefixes = ["a_", "a_b_", "z_"];
    public static readonly HubLimits Limits = new(3, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10), 8);
    public static readonly PluginInfo[] Plugins = [new("a_", false, null), new("a_b_", false, null), new("z_", true, null)];
    public static readonly PrefixTable Table = new(Prefixes);

    private const int Users = 10;

    private readonly List<Channel> _busy = [];
    private readonly List<Action> _later = [];
    private readonly List<SimulatedHub> _hubs = [];
    private readonly List<SimulatedConnection> _joined = [];
    private readonly List<SimulatedConnection> _all = [];
    private int _connections;
    private int _joining;

    public World(int seed)
    {
        Random = new(seed);
        Central = new(TenantId.Default, Limits, this);
        Joins = new(this, "joins to central");
    }

    public Random Random { get; }

    public CentralHub<SimulatedHub> Central { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1);

    public Turn Turn => new(Now);

    public long Incarnations { get; set; }

    public long Turns { get; private set; }

    public int Late { get; set; }

    public int Dropped { get; set; }

    public int Answers { get; set; }

    public int Collected { get; private set; }

    public int Forgotten { get; private set; }

    private Channel Joins { get; }

    public static void Check(bool holds, string rule)
    {
        if (!holds) throw new InvalidOperationException(rule);
    }

    public void Post(Channel channel) => _busy.Add(channel);

    public void Later(Action late) => _later.Add(late);

    /// <summary>One step: mostly a turn of some actor, now and then something from outside.</summary>
    public void Step()
    {
        if (_busy.Count > 0 && Random.Next(4) != 0) Turn1(Random.Next(_busy.Count));
        else Outside();
        foreach (var hub in _hubs) Check(hub.Hub.ClientCount <= Limits.MaxConnectionsPerUser, "a user has more connections than allowed");
    }

    /// <summary>Lets everything come to rest and checks what must hold then.</summary>
    public void Settle()
    {
        foreach (var connection in _joined) connection.Drain();
        for (var round = 0; round < 400; round++)
        {
            while (_busy.Count > 0) Turn1(Random.Next(_busy.Count));
            foreach (var hub in _hubs)
            {
                foreach (var plugin in hub.Plugins)
                    for (var i = 0; i < 4; i++) plugin.Step(gentle: true);
            }

            if (_busy.Count == 0 && _hubs.All(hub => hub.Plugins.All(plugin => plugin.IsIdle))) break;
        }

        Check(_busy.Count == 0 && _joining == 0, "a join was not answered");
        foreach (var connection in _joined)
        {
            Check(connection.Unanswered == 0, "a request of a live connection was not answered");
            Check(connection.InFlight == 0, "credit was not returned");
            Check(connection.KeptOpen == 0, "a detached request that has ended keeps its connection open");
        }

        var counts = _joined.GroupBy(connection => connection.UserId).ToDictionary(group => group.Key, group => group.Count());
        Check(Central.Clients == _joined.Count, "the central hub counts other clients than there are");
        foreach (var (user, count) in counts) Check(Central.Find(user)?.Hub.ClientCount == count, "a user's clients are not in the hub that the directory names");
        // Hubs that have ended and are in nobody's hands are garbage.
        _hubs.RemoveAll(hub => Central.Find(hub.UserId) != hub);
        _all.Clear();
    }

    public void Leave(SimulatedConnection connection)
    {
        if (!_joined.Remove(connection)) return;
        connection.Drop();
        var hub = connection.Hub!;
        connection.ToHub.Post(() => hub.Hub.Leave(connection, Turn));
    }

    SimulatedHub? ICentralHubPort<SimulatedHub>.CreateHub(UserKey user)
    {
        if (Random.Next(50) == 0) return null;
        var hub = new SimulatedHub(this, user.UserId, _hubs.Count);
        _hubs.Add(hub);
        return hub;
    }

    void ICentralHubPort<SimulatedHub>.AskToEnd(SimulatedHub hub, long joins)
    {
        Collected++;
        hub.FromCentral.Post(() => hub.Hub.Collect(joins, Turn));
    }

    void ICentralHubPort<SimulatedHub>.Stop(SimulatedHub hub) => hub.FromCentral.Post(() => hub.Hub.Stop());

    void ICentralHubPort<SimulatedHub>.Stopped()
    {
    }

    void ICentralHubPort<SimulatedHub>.Abandon(SimulatedHub hub)
    {
        Forgotten++;
        hub.FromCentral.Post(() =>
        {
            hub.Hub.Abandon();
            hub.IsAbandoned = true;
        });
    }

    private void Turn1(int index)
    {
        Turns++;
        var channel = _busy[index];
        var input = channel.Take();
        if (channel.IsEmpty)
        {
            _busy[index] = _busy[^1];
            _busy.RemoveAt(_busy.Count - 1);
        }

        input();
    }

    private void Outside()
    {
        switch (Random.Next(100))
        {
            case < 8:
                Join();
                break;
            case < 12 when _joined.Count > 0:
                Leave(_joined[Random.Next(_joined.Count)]);
                break;
            case < 45 when _joined.Count > 0:
                var sender = _joined[Random.Next(_joined.Count)];
                if (sender.InFlight < 20) sender.Send(Random.Next(Prefixes.Length));
                break;
            case < 50 when _joined.Count > 0:
                var reader = _joined[Random.Next(_joined.Count)];
                if (Random.Next(3) == 0) reader.Fill();
                else reader.Drain();
                break;
            case < 52 when _later.Count > 0:
                var late = Random.Next(_later.Count);
                _later[late]();
                _later.RemoveAt(late);
                break;
            case < 53 when _hubs.Count > 0:
                _hubs[Random.Next(_hubs.Count)].Hub.Revive(Prefixes[Random.Next(Prefixes.Length)]);
                break;
            case < 55:
                Advance();
                break;
            default:
                if (_hubs.Count > 0) _hubs[Random.Next(_hubs.Count)].Plugins[Random.Next(Prefixes.Length)].Step(gentle: false);
                break;
        }
    }

    private void Advance()
    {
        Now += Random.Next(40) switch
        {
            0 => Limits.InactivityTimeout * 1.1,
            < 6 => TimeSpan.FromSeconds(20),
            _ => TimeSpan.FromSeconds(1),
        };
        foreach (var hub in _hubs)
        {
            foreach (var plugin in hub.Plugins)
                if (plugin.Inbox.NeedsSweep) plugin.Sweep();
        }

        if (Random.Next(4) == 0) Joins.Post(() => Central.Collect(Turn));
        // Everybody leaves now and then, so that hubs become idle.
        if (Random.Next(60) == 0) foreach (var connection in _joined.ToArray()) Leave(connection);
    }

    private void Join()
    {
        var user = $"u{Random.Next(Users)}";
        var connection = new SimulatedConnection(this, $"c{++_connections}", user);
        _joining++;
        Joins.Post(() =>
        {
            if (Central.Route(user, Turn) is not { } hub)
            {
                _joining--;
                return;
            }

            // The join travels on its own way, beside what the central hub tells the hub.
            connection.ToHub.Post(() =>
            {
                _joining--;
                connection.Hub = hub;
                if (hub.Hub.Join(connection, Turn) is { } error)
                {
                    Check(error is ErrorCode.MaxConnectionsReached or ErrorCode.HubCreationFailed, "a join was refused for another reason");
                    return;
                }

                _joined.Add(connection);
            });
        });
    }
}

/// <summary>One actor's way to another: first in, first out. Which channel is served next is chance.</summary>
internal sealed class Channel(World world, string name)
{
    private readonly Queue<Action> _inputs = new();

    public bool IsEmpty => _inputs.Count == 0;

    public override string ToString() => name;

    public void Post(Action input)
    {
        if (_inputs.Count == 0) world.Post(this);
        _inputs.Enqueue(input);
    }

    public Action Take() => _inputs.Dequeue();
}
