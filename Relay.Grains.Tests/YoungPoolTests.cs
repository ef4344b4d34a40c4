using Relay.Core;
using Relay.Core.Runtime;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>Pools that have just begun, where waiting for two sync intervals would take hours.</summary>
public sealed class YoungPoolTests : ClusterTest
{
    private protected override ClusterOptions ClusterOptions { get; } =
        new(4, TimeSpan.FromHours(1)) { RetryDelay = TimeSpan.FromMilliseconds(50), AnnounceInterval = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task ATenantWithoutNodesIsToldSoAtOnce()
    {
        Assert.Equal("UnknownModel", await CallProbe.Ask(First).NextAsync());
        Assert.Equal("UnknownModel", await CallProbe.Ask(Second, tenant: "acme").NextAsync());
        Assert.Empty((await Second.Nodes.ListAsync(new("other"))).Nodes);
        Assert.NotNull(await ClaimAsync(First, "s"));
    }

    [Fact]
    public async Task APoolThatTookALostOnesPlaceKnowsAllWhenEachGatewayHasTold()
    {
        var node = NodeProbe.Join(First);
        await node.NextAsync();
        var claim = await ClaimAsync(First, "s");
        foreach (var silo in Cluster.Silos.Skip(1).ToList()) await Cluster.LeaveAsync(silo);

        // Whatever wakes the next one: it knows of the other gateway's before it says no.
        Assert.Null(await ClaimAsync(Second, "s"));
        Assert.Equal("UnknownModel", await CallProbe.Ask(Second, "nobody's").NextAsync());
        var caller = CallProbe.Ask(Second);
        (await node.CallAsync()).End();
        Assert.Equal(["at n", "end"], [await caller.NextAsync(), await caller.NextAsync()]);
        await claim!.ReleaseAsync();
        Assert.NotNull(await ClaimAsync(Second, "s"));
    }

    [Fact]
    public async Task WhatAnOperatorDrainsStaysSoWhenThePoolIsLost()
    {
        var node = NodeProbe.Join(First);
        await node.NextAsync();
        Assert.True(await Second.Nodes.DrainAsync(TenantId.Default, "n", true));
        Assert.Equal("drain", await node.NextAsync());
        foreach (var silo in Cluster.Silos.Skip(1).ToList()) await Cluster.LeaveAsync(silo);
        Assert.True(Assert.Single((await Second.Nodes.ListAsync(TenantId.Default)).Nodes).IsDraining);
        var caller = CallProbe.Ask(Second);
        Assert.True(await Second.Nodes.DrainAsync(TenantId.Default, "n", false));
        Assert.Equal("resume", await node.NextAsync());
        (await node.CallAsync()).End();
        Assert.Equal("at n", await caller.NextAsync());
    }

    [Fact]
    public async Task OfManyClaimsToAnIdAtTwoGatewaysOneIsGranted()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => ClaimAsync(i % 2 == 0 ? First : Second, "s"))).WaitAsync(RecordingConnection.Patience);
        await Assert.Single(claims, static claim => claim is not null)!.ReleaseAsync();
        Assert.NotNull(await ClaimAsync(Second, "s"));
    }

    private static Task<StreamClaim?> ClaimAsync(OrleansRuntime gateway, string id) => gateway.Nodes.Streams.ClaimAsync(TenantId.Default, id).AsTask().WaitAsync(RecordingConnection.Patience);
}
