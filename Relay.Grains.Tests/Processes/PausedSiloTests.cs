using Relay.Grains.Tests.Processes.Support;
using Xunit.Abstractions;

namespace Relay.Grains.Tests.Processes;

/// <summary>A silo that stands still until the others have declared it dead, and then goes on.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
[Trait("Category", "Long")]
public sealed class PausedSiloTests(Servers servers, ITestOutputHelper output)
{
    private const int Users = 100;
    private const int PerSecond = 400;

    // So many acknowledged writes of each of two tabs before, while it stands still, and while it wakes.
    private const int Writes = 20;

    // What a process ends with that ends itself at once.
    private const int Aborted = 134;

    [ProcessFact]
    public async Task ItEndsItselfAndNothingIsAnsweredTwiceNorLostNorLetInBeyondTheLimit()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        NodeProcess[] gateways = [nodes[2], nodes[3]];
        await using var full = await Crowd.JoinAsync(3, i => (gateways[i % 2], "full"));
        await using var clients = await Crowd.JoinAsync(Users, i => (gateways[i % 2], $"u{i}"));
        var home = await cluster.Ledger.HomeOfAsync("full");
        var paused = nodes.Single(node => node.Id == home);
        var other = nodes[0] == paused ? nodes[1] : nodes[0];
        await using var load = Load.Start(clients, PerSecond);
        await Load.EachIsServedAsync(clients);
        Appender[] tabs = [new(full[0]), new(full[1])];
        await Task.WhenAll(tabs.Select(static tab => tab.AppendAsync(Writes)));

        var appending = tabs.Select(static tab => tab.AppendAsync(3 * Writes)).ToList();
        var (seen, heard) = (other.Log.Count, cluster.Ledger.Lives.Count);
        var served = Load.EachIsServedAsync(clients);
        var began = TimeProvider.System.GetTimestamp();
        paused.Pause();
        var joins = Enumerable.Range(0, 10).Select(i => ClusterClient.ComeAsync(gateways[i % 2], "full")).ToList();
        await ProcessCluster.SeesAsync(other, 1, seen);
        await served;
        output.WriteLine($"all users answered after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s");
        await Task.WhenAll(appending);
        await using var more = Crowd.Of((await Task.WhenAll(joins)).Select(static join => join.Client).OfType<ClusterClient>());
        Assert.Equal(2, more.Count);
        Assert.All(joins, static join => Assert.True(join.Result.Error is null or "max_connections_reached", join.Result.Error));

        // It still has in its buffers what was sent to it meanwhile, writes among it.
        served = Load.EachIsServedAsync(clients);
        appending = [.. tabs.Select(static tab => tab.AppendAsync(Writes))];
        paused.Continue();
        Assert.Equal(Aborted, await paused.ExitAsync());
        await cluster.Ledger.EndedAsync(paused.Id);
        await served;
        await Task.WhenAll(appending);
        var settled = ClusterClient.LastNumber;
        await Load.EachIsServedAsync(clients);
        var requests = await load.StopAsync();

        ClusterClient[] all = [.. full, .. more, .. clients];
        Assert.All(all, static client => Assert.False(client.Closed.IsCompleted, client.User));
        Outcomes.EachHasOne(all);
        await Outcomes.NoneRanTwiceAsync(cluster.Ledger, requests);
        Outcomes.OthersAreDone(requests, cluster.Ledger.StartedSince(heard));
        Assert.All(requests.Where(request => request.Number > settled), static request => Assert.True(request.IsDone, $"{request}"));
        await Task.WhenAll(clients.Select(client => Outcomes.WritesAreThereAsync(client, requests)));
        await Appender.AllAreThereAsync(full[0], tabs);
        Assert.Equal("max_connections_reached", (await ClusterClient.TryJoinAsync(gateways[1], "full")).Error);
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(gateways[0], all));
    }
}
