using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>Redis and PostgreSQL, away and back. An outage lasts until what should go on has gone on and what cannot has said so.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
[Trait("Category", "Long")]
public sealed class OutageTests(Servers servers)
{
    private const int Users = 60;
    private const int PerSecond = 300;

    [ProcessFact]
    public async Task WithoutRedisEverybodyIsServedAndAGatewayThatStartsWaits()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway"]);
        await using var owned = cluster;
        var gateway = nodes[2];
        await using var clients = await Crowd.JoinAsync(Users, i => (gateway, $"u{i}"));
        await using var load = Load.Start(clients, PerSecond);
        await Load.EachIsServedAsync(clients);

        var seen = nodes[0].Log.Count;
        servers.Redis.Kill();
        var late = cluster.Start("gateway");
        await late.Log.LineAsync(static line => line.Contains("[5020] Waiting for Redis", StringComparison.Ordinal));
        await nodes[0].Log.LineAsync(static line => line.Contains("edis", StringComparison.Ordinal), seen);
        await Load.EachIsServedAsync(clients);
        await using var newcomers = await Crowd.JoinAsync(10, i => (gateway, $"new{i}"));
        foreach (var client in newcomers) Assert.Equal("run_done", await client.Run().Outcome.WaitAsync(Journal.Patience));

        await servers.Redis.StartAsync();
        await late.ReadyAsync();
        await using var tabs = await Crowd.JoinAsync(10, i => (late, $"u{i}"));
        foreach (var client in tabs) Assert.Equal("run_done", await client.Run().Outcome.WaitAsync(Journal.Patience));
        await Load.EachIsServedAsync(clients);
        var requests = await load.StopAsync();

        ClusterClient[] all = [.. clients, .. newcomers, .. tabs];
        Assert.All(all, static client => Assert.False(client.Closed.IsCompleted, client.User));
        Outcomes.EachHasOne(all);
        Assert.All(requests, static request => Assert.True(request.IsDone, $"{request}"));
        await Task.WhenAll(clients.Select(client => Outcomes.WritesAreThereAsync(client, requests)));
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(late, all));
    }

    [ProcessFact]
    public async Task WithoutPostgresWhatNeedsNoStoreGoesOnAndWhatDoesSaysSo()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway"]);
        await using var owned = cluster;
        var gateway = nodes[2];
        await using var clients = await Crowd.JoinAsync(Users, i => (gateway, $"u{i}"));
        await using var load = Load.Start(clients, PerSecond);
        await Load.EachIsServedAsync(clients);

        servers.Postgres.Crash();
        await using var newcomers = await Crowd.JoinAsync(10, i => (gateway, $"new{i}"));
        ClusterClient[] all = [.. clients, .. newcomers];
        // Twice, because the first write may be one that the database was lost with.
        for (var i = 0; i < 2; i++)
        {
            var writes = all.Select(static client => client.Write()).ToList();
            foreach (var write in writes) Assert.Contains(await write.Outcome.WaitAsync(Journal.Patience), (string[])["session_unavailable", "session_outcome_unknown"]);
            foreach (var client in all) Assert.Equal("run_done", await client.Run().Outcome.WaitAsync(Journal.Patience));
        }

        var seen = nodes[..2].Select(static silo => silo.Log.Count).ToList();
        servers.Postgres.Start();
        await Task.WhenAll(seen.Select((start, i) => nodes[i].Log.LineAsync(static line => line.Contains("[1503]", StringComparison.Ordinal), start)));
        foreach (var client in all) Assert.Equal("session_state_set", await client.Write().Outcome.WaitAsync(Journal.Patience));
        var requests = await load.StopAsync();

        Assert.All(all, static client => Assert.False(client.Closed.IsCompleted, client.User));
        Outcomes.EachHasOne(all);
        await Outcomes.NoneRanTwiceAsync(cluster.Ledger, requests);
        Assert.All(requests, static request => Assert.True(request.IsDone || (request.Type == "session_set_state" && request.Result is "session_unavailable" or "session_outcome_unknown"), $"{request}"));
        await Task.WhenAll(clients.Select(client => Outcomes.WritesAreThereAsync(client, requests)));
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(gateway, all));
    }
}
