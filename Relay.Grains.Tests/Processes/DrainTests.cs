using Relay.Grains.Tests.Processes.Support;
using Xunit.Abstractions;

namespace Relay.Grains.Tests.Processes;

/// <summary>One of two gateways is stopped in good order under load, and then one of two silos. bench/check --drain --cluster does it with 5,000 connections.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class DrainTests(Servers servers, ITestOutputHelper output)
{
    private const int Users = 200;
    private const int PerSecond = 600;

    [ProcessFact]
    public async Task WhatAGatewayTookIsAnsweredAndWhatItDidNotTakeNeverRuns()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        NodeProcess[] gateways = [nodes[2], nodes[3]];
        await using var clients = await Crowd.JoinAsync(Users, i => (gateways[i % 2], $"u{i}"));
        await using var load = Load.Start(clients, PerSecond);
        await Load.EachIsServedAsync(clients);

        var (told, staying) = (clients.Where(static (_, i) => i % 2 == 0).ToList(), clients.Where(static (_, i) => i % 2 == 1).ToList());
        gateways[0].Terminate();
        await Task.WhenAll(told.Select(static client => client.Closed)).WaitAsync(Journal.Patience);
        Assert.Equal(0, await gateways[0].ExitAsync());
        await using var back = await Crowd.JoinAsync(told.Count, i => (gateways[1], told[i].User));
        await Load.EachIsServedAsync(staying);
        var first = await load.StopAsync();
        Assert.All(told, static client => Assert.Equal(1001, client.CloseCode));
        var cut = first.Where(static request => request.Result == Request.Broken).ToList();
        output.WriteLine($"{first.Count} requests, {cut.Count} of them not taken by the gateway that stopped, or for clients that had gone");
        Outcomes.EachHasOne(clients);
        await Outcomes.NoneRanTwiceAsync(cluster.Ledger, first);
        // A client that was told 1001 may send again what was not answered: nobody has done it.
        var runs = cluster.Ledger.Runs;
        Assert.All(cut, request => Assert.False(runs.ContainsKey($"{request.Number}"), $"{request}"));
        Assert.All(first.Except(cut), static request => Assert.True(request.IsDone, $"{request}"));

        await using var here = Crowd.Of([.. back, .. staying]);
        await using var more = Load.Start(here, PerSecond);
        await Load.EachIsServedAsync(here);
        var (homes, served) = (cluster.Ledger.Homes(), Load.EachIsServedAsync(here));
        nodes[0].Terminate();
        Assert.Equal(0, await nodes[0].ExitAsync());
        await cluster.Ledger.EndedAsync(nodes[0].Id);
        await served;
        await Load.EachIsServedAsync(here);
        var second = (await more.StopAsync()).Except(first).ToList();
        output.WriteLine($"{second.Count} requests, {homes.Values.Count(home => home == nodes[0].Id)} hubs moved, {second.Count(static request => request.IsUnknown)} outcomes unknown");
        Assert.All(here, static client => Assert.False(client.Closed.IsCompleted, client.User));
        Outcomes.EachHasOne(here);
        await Outcomes.NoneRanTwiceAsync(cluster.Ledger, second);
        Assert.All(second, static request => Assert.True(request.IsDone || request.MayHaveRun, $"{request}"));
        await Task.WhenAll(here.Select(client => Outcomes.WritesAreThereAsync(client, [.. first, .. second])));
        Outcomes.NoPluginCrashed(await Crowd.ListedAsync(gateways[1], here));
    }
}
