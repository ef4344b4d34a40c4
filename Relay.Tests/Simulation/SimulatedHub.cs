using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Protocol;

namespace Relay.Tests.Simulation;

/// <summary>One user hub in the simulation, with its plugins' hosts. News between actors travels through channels.</summary>
internal sealed class SimulatedHub : IUserHubPort
{
    private readonly World _world;
    private readonly SimulatedPlugin[] _plugins;
    private readonly Channel[] _fromPlugins;
    private readonly Channel _toCentral;

    public SimulatedHub(World world, string userId, int number)
    {
        (_world, UserId, Name) = (world, userId, $"{userId}#{number}");
        FromCentral = new(world, $"central to {Name}");
        _toCentral = new(world, $"{Name} to central");
        _plugins = [.. World.Prefixes.Select((_, index) => new SimulatedPlugin(world, this, index))];
        _fromPlugins = [.. World.Prefixes.Select((_, index) => new Channel(world, $"{Name}/{index} to hub"))];
        Hub = new(new(TenantId.Default, userId), World.Limits, new(TimeSpan.FromMinutes(20)), World.Plugins, World.Table, this, world.Turn);
    }

    public string UserId { get; }

    public string Name { get; }

    public UserHub Hub { get; }

    public bool IsAbandoned { get; set; }

    public Channel FromCentral { get; }

    public IReadOnlyList<SimulatedPlugin> Plugins => _plugins;

    public void FromPlugin(int index, Action<UserHub> news) => _fromPlugins[index].Post(() => news(Hub));

    long IUserHubPort.NextIncarnation() => ++_world.Incarnations;

    void IUserHubPort.StartPlugin(int plugin, long incarnation)
    {
        World.Check(!IsAbandoned, "a forgotten hub starts a plugin");
        _plugins[plugin].Inputs.Post(() => _plugins[plugin].Inbox.Start(incarnation));
    }

    void IUserHubPort.PostToPlugin(int plugin, IHubConnection connection, in ClientEnvelope message)
    {
        var copy = message;
        _plugins[plugin].Inputs.Post(() => _plugins[plugin].Inbox.Post(connection, copy));
    }

    void IUserHubPort.TellPresence(int plugin, bool present) => _plugins[plugin].Inputs.Post(() => _plugins[plugin].Inbox.Presence(present));

    void IUserHubPort.ConnectionLeft(int plugin, IHubConnection connection) => _plugins[plugin].Inputs.Post(() => _plugins[plugin].Inbox.ConnectionLeft(connection));

    void IUserHubPort.FailPlugin(int plugin) => _plugins[plugin].Inputs.Post(() => _plugins[plugin].Inbox.Fail());

    void IUserHubPort.HandBackWaiting(int plugin) => _plugins[plugin].Inputs.Post(() => _plugins[plugin].Inbox.HandBack());

    void IUserHubPort.EndPlugin(int plugin, long incarnation) => _plugins[plugin].Inputs.Post(() => _plugins[plugin].Inbox.End(incarnation, _world.Turn));

    void IUserHubPort.ReportActivity(int clients, long joins) => _toCentral.Post(() => _world.Central.Activity(UserId, this, clients, joins, _world.Turn));

    void IUserHubPort.ReportEnded(long joins, bool forGood) => _toCentral.Post(() =>
    {
        if (_world.Central.Ended(UserId, this, joins, forGood)) World.Check(Hub.ClientCount == 0, "a hub with clients was collected");
    });

    void IUserHubPort.ReportGroup(string group, bool member) => _toCentral.Post(() => _world.Central.Group(UserId, this, group, member));

    void IUserHubPort.PluginChanged(int plugin, PluginStatus status)
    {
    }
}
