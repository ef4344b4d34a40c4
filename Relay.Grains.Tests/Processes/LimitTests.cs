using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>The limit of connections of a user whose connections are at two gateways.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class LimitTests(Servers servers)
{
    private const int Limit = 5;
    private const int Users = 10;
    private const int Tries = 20;

    [ProcessFact]
    public async Task SimultaneousJoinsFillItExactlyAlsoRightAfterTheHubsSiloWasKilled()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        NodeProcess[] gateways = [nodes[2], nodes[3]];
        await using var crowded = await FillAsync(gateways, "a", Limit);
        await using var two = await Crowd.JoinAsync(2 * Users, i => (gateways[i % 2], $"b{i / 2}"));
        var home = await cluster.Ledger.HomeOfAsync("b0");
        var killed = nodes.Single(node => node.Id == home);

        killed.Kill();
        await using var rest = await FillAsync(gateways, "b", Limit - 2);

        await using var none = await FillAsync(gateways, "a", 0);
        ClusterClient[] all = [.. crowded, .. two, .. rest];
        Assert.All(all, static client => Assert.False(client.Closed.IsCompleted, client.User));
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(gateways[1], all));
        foreach (var client in all) Assert.Equal("run_done", await client.Run().Outcome.WaitAsync(Journal.Patience));
    }

    // All users at once, each by joins that begin at once, every other at the second gateway. So many must be let in, and the others refused for the limit.
    private static async Task<Crowd> FillAsync(NodeProcess[] gateways, string users, int places)
    {
        var joins = await Task.WhenAll(Enumerable.Range(0, Users * Tries).Select(i => ClusterClient.TryJoinAsync(gateways[i % 2], $"{users}{i / Tries}")));
        var joined = Crowd.Of(joins.Select(static join => join.Client).OfType<ClusterClient>());
        Assert.All(joins, static join => Assert.True(join.Error is null or "max_connections_reached", join.Error));
        Assert.All(Enumerable.Range(0, Users), i => Assert.Equal((i, places), (i, joined.Count(client => client.User == $"{users}{i}"))));
        return joined;
    }
}
