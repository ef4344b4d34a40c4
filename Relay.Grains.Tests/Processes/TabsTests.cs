using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>Two tabs of a user at two gateways write one state with <c>expected_version</c>, while the silo of the user's hub is killed.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
[Trait("Category", "Long")]
public sealed class TabsTests(Servers servers)
{
    // So many acknowledged writes of each tab before, between and after.
    private const int Writes = 20;

    [ProcessFact]
    public async Task NoAcknowledgedWriteIsLost()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        await using var tabs = await Crowd.JoinAsync(2, i => (nodes[2 + i], "alice"));
        var home = await cluster.Ledger.HomeOfAsync("alice");
        var (killed, other) = nodes[0].Id == home ? (nodes[0], nodes[1]) : (nodes[1], nodes[0]);
        Appender[] appenders = [new(tabs[0]), new(tabs[1])];
        await Task.WhenAll(appenders.Select(static appender => appender.AppendAsync(Writes)));

        var (seen, appending) = (other.Log.Count, appenders.Select(static appender => appender.AppendAsync(3 * Writes)).ToList());
        killed.Kill();
        await ProcessCluster.SeesAsync(other, 1, seen);
        await Task.WhenAll(appending);
        await Task.WhenAll(appenders.Select(static appender => appender.AppendAsync(Writes)));

        Assert.All(tabs, static tab => Assert.False(tab.Closed.IsCompleted, tab.ConnectionId));
        Outcomes.EachHasOne(tabs);
        await Appender.AllAreThereAsync(tabs[0], appenders);
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(nodes[2], tabs));
    }
}
