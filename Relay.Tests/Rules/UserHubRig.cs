using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>A user hub with three plugins whose effects are written down: <c>a_</c>, <c>a_b_</c> (asks for a scope) and <c>z_</c> (starts by itself).</summary>
internal sealed class UserHubRig : IUserHubPort
{
    public const int A = 0;
    public const int B = 1;
    public const int Z = 2;

    public static readonly HubLimits Limits = new(3, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 100);

    private static readonly PluginInfo[] Plugins = [new("a_", false, null), new("a_b_", false, "b:use"), new("z_", true, null)];

    private readonly List<string> _effects = [];
    private long _incarnation;

    public UserHubRig(TimeSpan? window = null) =>
        Hub = new(new(TenantId.Default, "alice"), Limits, new(window), Plugins, new([.. Plugins.Select(plugin => plugin.Prefix)]), this, Turn);

    public UserHub Hub { get; }

    public TimeSpan Now { get; set; } = TimeSpan.FromSeconds(1);

    public Turn Turn => new(Now);

    /// <summary>The instance of each plugin that was started last.</summary>
    public long[] Started { get; } = new long[3];

    /// <summary>Takes what the hub has caused since the last call.</summary>
    public string[] Effects()
    {
        string[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    public RecordingConnection Join(string id, params string[] scopes)
    {
        var connection = new RecordingConnection(id, scopes: scopes);
        Assert.Null(Hub.Join(connection, Turn));
        return connection;
    }

    /// <summary>Starts a plugin and lets it be ready.</summary>
    public void Run(int plugin, IHubConnection connection)
    {
        Hub.Dispatch(connection, Messages.Of(Plugins[plugin].Prefix + "x"), Turn);
        Hub.PluginStarted(plugin, Started[plugin]);
        Effects();
    }

    public string Status(int plugin) => Hub.Describe(Turn).Plugins[plugin].Status;

    long IUserHubPort.NextIncarnation() => ++_incarnation;

    void IUserHubPort.StartPlugin(int plugin, long incarnation)
    {
        Assert.True(incarnation > Started[plugin]);
        Started[plugin] = incarnation;
        _effects.Add($"start {plugin}");
    }

    void IUserHubPort.PostToPlugin(int plugin, IHubConnection connection, in ClientEnvelope message) => _effects.Add($"post {plugin} {message.TypeText()} from {connection.Id}");

    void IUserHubPort.TellPresence(int plugin, bool present) => _effects.Add($"{(present ? "resume" : "shutdown")} {plugin}");

    void IUserHubPort.ConnectionLeft(int plugin, IHubConnection connection) => _effects.Add($"left {plugin} {connection.Id}");

    void IUserHubPort.FailPlugin(int plugin) => _effects.Add($"fail {plugin}");

    void IUserHubPort.HandBackWaiting(int plugin) => _effects.Add($"hand back {plugin}");

    void IUserHubPort.EndPlugin(int plugin, long incarnation)
    {
        Assert.Equal(Started[plugin], incarnation);
        _effects.Add($"end {plugin}");
    }

    void IUserHubPort.ReportActivity(int clients, long joins) => _effects.Add($"activity {clients} of {joins}");

    void IUserHubPort.ReportEnded(long joins, bool forGood) => _effects.Add($"ended {joins}{(forGood ? " for good" : "")}");

    void IUserHubPort.ReportGroup(string group, bool member) => _effects.Add($"{(member ? "enter" : "quit")} {group}");

    void IUserHubPort.PluginChanged(int plugin, PluginStatus status) => _effects.Add($"{plugin} {status}");
}
