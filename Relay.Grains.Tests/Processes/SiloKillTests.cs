using Relay.Grains.Tests.Processes.Support;
using Xunit.Abstractions;

namespace Relay.Grains.Tests.Processes;

/// <summary>kill -9 of a silo under load, gateways apart.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class SiloKillTests(Servers servers, ITestOutputHelper output)
{
    private const int Users = 500;
    private const int PerSecond = 2000;

    [ProcessFact]
    public async Task NoSocketClosesAndEachRequestHasOneOutcomeAndNoneRunsTwice()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway"]);
        await using var owned = cluster;
        var (killed, gateway) = (nodes[0], nodes[2]);
        await using var clients = await Crowd.JoinAsync(Users, i => (gateway, $"u{i}"));
        await using var load = Load.Start(clients, PerSecond);
        await Load.EachIsServedAsync(clients);

        var (homes, heard, last) = (cluster.Ledger.Homes(), cluster.Ledger.Lives.Count, ClusterClient.LastNumber);
        var served = Load.EachIsServedAsync(clients);
        var began = TimeProvider.System.GetTimestamp();
        killed.Kill();
        await served;
        var until = TimeProvider.System.GetElapsedTime(began);
        var requests = await load.StopAsync();
        await cluster.Ledger.EndedAsync(killed.Id);

        output.WriteLine($"all users answered after {until.TotalSeconds:0.0} s; {requests.Count} requests, {requests.Count(request => request.Number > last)} of them after the kill; {homes.Values.Count(home => home == killed.Id)} hubs killed, {cluster.Ledger.StartedSince(heard).Count} began anew, {requests.Count(static request => request.IsUnknown)} outcomes unknown");
        Assert.All(clients, static client => Assert.False(client.Closed.IsCompleted, client.User));
        Outcomes.EachHasOne(clients);
        await Outcomes.NoneRanTwiceAsync(cluster.Ledger, requests);
        Outcomes.OthersAreDone(requests, cluster.Ledger.StartedSince(heard));
        Outcomes.UnknownOnlyUntilServedAgain(cluster.Ledger, requests, killed.Id, homes);
        await Task.WhenAll(clients.Select(client => Outcomes.WritesAreThereAsync(client, requests)));
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(gateway, clients));
    }
}
