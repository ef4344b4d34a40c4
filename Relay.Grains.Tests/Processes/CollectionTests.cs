using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>Hubs without clients whose part of the directory was on a silo that was killed.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
[Trait("Category", "Long")]
public sealed class CollectionTests(Servers servers)
{
    // So many hubs on the silo that stays. Some of them end with the killed silo at once, because it knew where they are; some must be left to be collected.
    private const int Hubs = 16;

    [ProcessFact]
    public async Task TheyAreStillCollectedAndAJoinMeanwhileIsWelcomed()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(
            servers, ["silo", "gateway"], "--cluster:central_shards", "1", "--hub:user_hub_inactivity_timeout", "5s", "--hub:cancel_timeout", "2s");
        await using var owned = cluster;
        var (killed, gateway) = (nodes[0], nodes[1]);
        // The directory's only part comes into being with the first user, on the only silo.
        await using var first = await ClusterClient.JoinAsync(gateway, "first");
        var stays = cluster.Start("silo");
        await stays.ReadyAsync();
        // The gateway finds the second silo by itself, and then sends it some of the users.
        var idle = new List<ClusterClient>();
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; idle.Count < Hubs; i++)
        {
            var client = await ClusterClient.JoinAsync(gateway, $"u{i}");
            if (await cluster.Ledger.HomeOfAsync(client.User) == stays.Id) idle.Add(client);
            else await client.DisposeAsync();
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Journal.Patience, "No hub goes to the second silo.");
        }

        // Half of them take their time when they end, so that a join comes while they do.
        var slow = idle.Take(Hubs / 2).ToList();
        foreach (var client in slow) Assert.Equal("run_staying", (await client.AskAsync("run_stay")).Outcome);
        var heard = cluster.Ledger.Lives.Count;
        foreach (var client in idle) await client.DisposeAsync();
        await Task.WhenAll(idle.Select(client => cluster.Ledger.HeardAsync("shutdown", client.User, heard)));
        var before = cluster.Ledger.Lives.From(heard);
        killed.Kill();
        Assert.DoesNotContain(before, line => idle.Any(client => line.EndsWith($" stop {client.User}", StringComparison.Ordinal)));

        await Task.WhenAll(idle.Select(client => cluster.Ledger.HeardAsync("stop", client.User, heard)));
        await using var back = await Crowd.JoinAsync(slow.Count, i => (gateway, slow[i].User));
        foreach (var client in back) Assert.Equal("run_done", await client.Run().Outcome.WaitAsync(Journal.Patience));
        Assert.False(first.Closed.IsCompleted);
        began = TimeProvider.System.GetTimestamp();
        while ((await ProcessCluster.HubsAsync(gateway)).Count > 1 + back.Count) Assert.True(TimeProvider.System.GetElapsedTime(began) < Journal.Patience);
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(gateway, [first, .. back]));
    }
}
