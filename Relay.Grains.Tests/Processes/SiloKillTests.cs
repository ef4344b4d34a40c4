using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>kill -9 of a silo under load, gateways apart.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class SiloKillTests(Servers servers)
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

        var (homes, last) = (cluster.Ledger.Homes(), ClusterClient.LastNumber);
        var served = Load.EachIsServedAsync(clients);
        killed.Kill();
        await served;
        var requests = await load.StopAsync();
        await cluster.Ledger.EndedAsync(killed.Id);

        Assert.All(clients, static client => Assert.False(client.Closed.IsCompleted, client.User));
        Outcomes.EachHasOne(clients);
        await Outcomes.NoneRanTwiceAsync(cluster.Ledger, requests);
        Assert.All(requests, request => Assert.True(request.IsDone || (request.IsUnknown && homes[request.User] == killed.Id), $"{request}, whose hub was in {homes[request.User]}, last before {last}"));
        Outcomes.UnknownOnlyUntilServedAgain(cluster.Ledger, requests, killed.Id);
        await Task.WhenAll(clients.Select(client => Outcomes.WritesAreThereAsync(client, requests)));
        var hubs = await Crowd.ListedAsync(gateway, clients);
        Outcomes.NoPluginCrashed(hubs);
    }
}
