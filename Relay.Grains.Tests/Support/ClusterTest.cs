using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests.Support;

/// <summary>A test on a cluster of its own, of three silos and two gateways with short leases.</summary>
public abstract class ClusterTest : IAsyncLifetime
{
    private RelayCluster? _cluster;
    private int _many;

    private protected Probe Probe { get; } = new();

    private protected virtual RuntimeOptions Options { get; } = new(
        new HubLimits(5, TimeSpan.FromHours(2), TimeSpan.FromSeconds(10), 10_000),
        new RestartPolicy((TimeSpan?)null),
        new InboxLimits(60_000, 64 << 20, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10)),
        4,
        3);

    private protected virtual ClusterOptions ClusterOptions { get; } = new(4, TimeSpan.FromMilliseconds(500)) { RetryDelay = TimeSpan.FromMilliseconds(50), AnnounceInterval = TimeSpan.FromMilliseconds(100) };

    /// <summary>Plugins from files.</summary>
    private protected virtual PluginFiles? Files => null;

    private protected RelayCluster Cluster => _cluster!;

    private protected OrleansRuntime First { get; private set; } = null!;

    private protected OrleansRuntime Second { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _cluster = await RelayCluster.StartAsync(Options, [typeof(TestPlugin), typeof(LifePlugin)], Probe, ClusterOptions, Files);
        First = await _cluster.StartGatewayAsync();
        Second = await _cluster.StartGatewayAsync();
    }

    public async Task DisposeAsync()
    {
        Probe.Dispose();
        await Cluster.DisposeAsync();
    }

    private protected static UserKey User(string userId, string tenant = "default") => new(new(tenant), userId);

    /// <summary>Joins a connection and reads its welcome.</summary>
    private protected static async Task<Client> JoinAsync(OrleansRuntime gateway, string userId = "alice", string id = "c1", string tenant = "default")
    {
        var connection = new RecordingConnection(id, userId, tenant);
        var result = await gateway.JoinAsync(User(userId, tenant), connection).AsTask().WaitAsync(RecordingConnection.Patience);
        Assert.Null(result.Error);
        Assert.Equal("welcome", (await connection.NextAsync()).Type());
        return new(connection, result.Link!);
    }

    /// <summary>Joins that all begin at once, every other at the second gateway.</summary>
    /// <returns>How many were let in. The others were refused for the limit.</returns>
    private protected async Task<int> JoinManyAsync(string userId, int count)
    {
        var joins = Enumerable.Range(0, count).Select(i => (i % 2 == 0 ? First : Second).JoinAsync(User(userId), new RecordingConnection($"many{Interlocked.Increment(ref _many)}", userId)).AsTask());
        var results = await Task.WhenAll(joins.ToList()).WaitAsync(RecordingConnection.Patience);
        Assert.All(results, result => Assert.True(result.Link is not null || result.Error == Core.Errors.ErrorCode.MaxConnectionsReached, $"{result.Error}"));
        return results.Count(result => result.Link is not null);
    }

    private protected async Task HearAsync(string user, params string[] news)
    {
        foreach (var expected in news) Assert.Equal(expected, await Probe.HeardAsync("life " + user));
    }
}
