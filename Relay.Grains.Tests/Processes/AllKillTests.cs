using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>kill -9 of a process with the role <c>all</c> under load.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
[Trait("Category", "Long")]
public sealed class AllKillTests(Servers servers)
{
    private const int Connections = 500;
    private const int PerSecond = 2000;

    // From here on every two neighbours are tabs of one user, at two processes.
    private const int Single = 300;

    [ProcessFact]
    public async Task OnlyItsOwnClientsLoseTheirSocketsAndAreServedElsewhere()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["all", "all", "all"]);
        await using var owned = cluster;
        var killed = nodes[0];
        await using var clients = await Crowd.JoinAsync(Connections, i => (nodes[i % nodes.Length], i < Single ? $"u{i}" : $"tabs{(i - Single) / 2}"));
        await using var load = Load.Start(clients, PerSecond);
        await Load.EachIsServedAsync(clients);
        var own = clients.Where((_, i) => i % nodes.Length == 0).ToList();
        var others = clients.Except(own).ToList();

        var (homes, heard) = (cluster.Ledger.Homes(), cluster.Ledger.Lives.Count);
        var served = Load.EachIsServedAsync(others);
        killed.Kill();
        await Task.WhenAll(own.Select(static client => client.Closed)).WaitAsync(Journal.Patience);
        await using var back = await Crowd.JoinAsync(own.Count, i => (nodes[1 + (i % 2)], own[i].User));
        await Task.WhenAll(back.Select(async client => Assert.Equal("run_done", await client.Run().Outcome.WaitAsync(Journal.Patience))));
        await served;
        var requests = await load.StopAsync();
        await cluster.Ledger.EndedAsync(killed.Id);

        Assert.All(others, static client => Assert.False(client.Closed.IsCompleted, client.User));
        Outcomes.EachHasOne([.. clients, .. back]);
        await Outcomes.NoneRanTwiceAsync(cluster.Ledger, requests);
        Outcomes.OthersAreDone(requests, cluster.Ledger.StartedSince(heard));
        Outcomes.UnknownOnlyUntilServedAgain(cluster.Ledger, requests, killed.Id, homes);
        await Task.WhenAll(others.Concat(back).Select(client => Outcomes.WritesAreThereAsync(client, requests)));
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(nodes[1], [.. others, .. back]));
    }
}
