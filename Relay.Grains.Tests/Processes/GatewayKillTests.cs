using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>kill -9 of a gateway.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class GatewayKillTests(Servers servers)
{
    private const int Limit = 5;

    [ProcessFact]
    public async Task ItsConnectionsAreGoneFromTheHubsAndTheirPlacesAreFreeAndWhoIsLeftWithNoneShutsDown()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"], "--cluster:sync_interval", "1s");
        await using var owned = cluster;
        var (killed, other) = (nodes[2], nodes[3]);
        await using var lost = await Crowd.JoinAsync(4, i => (killed, i < 3 ? "both" : "lone"));
        await using var kept = await Crowd.JoinAsync(2, _ => (other, "both"));
        await Crowd.ListedAsync(other, [.. lost, .. kept]);
        Assert.Equal("max_connections_reached", (await ClusterClient.TryJoinAsync(other, "both")).Error);
        var heard = cluster.Ledger.Lives.Count;

        killed.Kill();
        await cluster.Ledger.HeardAsync("shutdown", "lone", heard);
        await Crowd.ListedAsync(other, kept);
        await Task.WhenAll(lost.Select(static client => client.Closed)).WaitAsync(Journal.Patience);

        await using var back = await Crowd.JoinAsync(Limit - kept.Count, _ => (other, "both"));
        Assert.Equal("max_connections_reached", (await ClusterClient.TryJoinAsync(other, "both")).Error);
        await using var lone = await ClusterClient.JoinAsync(other, "lone");
        await cluster.Ledger.HeardAsync("resume", "lone", heard);
        foreach (var client in (ClusterClient[])[.. kept, .. back, lone]) Assert.Equal("run_done", await client.Run().Outcome.WaitAsync(Journal.Patience));
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(other, [.. kept, .. back, lone]));
        // The user who kept connections elsewhere has never been without one, and no hub began anew.
        Assert.DoesNotContain(cluster.Ledger.Lives.From(heard), static line => line.EndsWith(" both", StringComparison.Ordinal) || line.Contains(" start ", StringComparison.Ordinal));
    }
}
