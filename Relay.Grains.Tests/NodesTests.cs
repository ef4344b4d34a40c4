using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests;

/// <summary>Nodes at one gateway, callers at another, and what is lost between them.</summary>
public sealed class NodesTests : ClusterTest
{
    [Fact]
    public async Task ManyCallsOfTwoGatewaysShareTheNodesOfBoth()
    {
        var (a, b) = (NodeProbe.Join(First, "a", 4), NodeProbe.Join(Second, "b", 4));
        Assert.Equal(["accept", "accept"], [await a.NextAsync(), await b.NextAsync()]);
        foreach (var node in (NodeProbe[])[a, b]) _ = ServeAsync(node);
        var calls = Enumerable.Range(0, 60).Select(i => CallProbe.Ask(i % 2 == 0 ? First : Second, caller: $"c{i % 3}", bodyBytes: 1000 + i)).ToList();
        var nodes = new HashSet<string>();
        foreach (var call in calls)
        {
            nodes.Add(await call.NextAsync());
            Assert.Equal(["200 text/plain", $"{call.Request.Body.Length}", "end"], [await call.NextAsync(), await call.NextAsync(), await call.NextAsync()]);
            call.Link.Leave();
        }

        Assert.Equal(["at a", "at b"], nodes.Order());
        Assert.All((await First.Nodes.ListAsync(Core.TenantId.Default)).Nodes, static node => Assert.Equal(0, node.InFlight));
    }

    [Fact]
    public async Task WhenANodesGatewayIsLostItsCallersAreToldAndGoElsewhere()
    {
        var (far, near) = (NodeProbe.Join(Second, "far", 2), NodeProbe.Join(First, "near"));
        Assert.Equal(["accept", "accept"], [await far.NextAsync(), await near.NextAsync()]);
        var caller = CallProbe.Ask(First);
        await far.CallAsync();
        Assert.Equal("at far", await caller.NextAsync());
        Second.Dispose();
        Assert.Equal("NodeLost", await caller.NextAsync());
        caller.Link.Ask(["far"]);
        (await near.CallAsync()).End();
        Assert.Equal(["at near", "end"], [await caller.NextAsync(), await caller.NextAsync()]);
        await Eventually.Async(async () => (await First.Nodes.ListAsync(Core.TenantId.Default)).Nodes.Count == 1);
    }

    [Fact]
    public async Task WhenACallersGatewayIsLostItsWorkIsCancelledAndThePlaceFree()
    {
        var node = NodeProbe.Join(First);
        await node.NextAsync();
        var lost = CallProbe.Ask(Second);
        var call = await node.CallAsync();
        await lost.NextAsync();
        var waits = CallProbe.Ask(First);
        Second.Dispose();
        Assert.Equal("cancel", await call.NextAsync());
        await node.CallAsync();
        Assert.Equal("at n", await waits.NextAsync());
    }

    [Fact]
    public async Task APoolThatIsLostIsToldAgainWhoServesWhoWaitsAndWhoIsServed()
    {
        var node = NodeProbe.Join(First);
        await node.NextAsync();
        var served = CallProbe.Ask(Second);
        var call = await node.CallAsync();
        Assert.Equal("at n", await served.NextAsync());
        var waits = CallProbe.Ask(First);
        foreach (var silo in Cluster.Silos.Skip(1).ToList()) await Cluster.LeaveAsync(silo);
        await Eventually.Async(async () => await First.Nodes.ListAsync(Core.TenantId.Default) is { Nodes: [{ InFlight: 1 }], Models: [{ Waiting: 1 }] });
        call.Answer("still here");
        call.End();
        Assert.Equal(["200 text/plain", "still here", "end"], [await served.NextAsync(), await served.NextAsync(), await served.NextAsync()]);
        await node.CallAsync();
        Assert.Equal("at n", await waits.NextAsync());
    }

    [Fact]
    public async Task ACallThatWasGivenToANodeOfALostGatewayIsServedElsewhere()
    {
        var far = NodeProbe.Join(Second, "far");
        await far.NextAsync();
        Second.Dispose();
        var caller = CallProbe.Ask(First);
        await Eventually.Async(async () => await First.Nodes.ListAsync(Core.TenantId.Default) is { Nodes: [{ InFlight: 1 }] });
        var near = NodeProbe.Join(First, "near");
        Assert.Equal("accept", await near.NextAsync());
        (await near.CallAsync()).End();
        Assert.Equal(["at near", "end"], [await caller.NextAsync(), await caller.NextAsync()]);
    }

    [Fact]
    public async Task EachCallIsCountedOnceWhereItsNodeIs()
    {
        var node = NodeProbe.Join(First, capacity: 2);
        await node.NextAsync();
        var (near, far) = (CallProbe.Ask(First), CallProbe.Ask(Second));
        var calls = new[] { await node.CallAsync(), await node.CallAsync() };
        Assert.Equal(["at n", "at n"], [await near.NextAsync(), await far.NextAsync()]);
        var (here, elsewhere) = (First.Nodes.Counters, Second.Nodes.Counters);
        Assert.Equal((1, 2, 2), (here.Nodes, here.Started, here.InFlight));
        Assert.Equal((0, 0, 0), (elsewhere.Nodes, elsewhere.Started, elsewhere.InFlight));
        calls[0].End();
        Assert.Equal((1, 2, 1), (here.Nodes, here.Started, here.InFlight));
        node.Link.Leave();
        Assert.Equal((0, 2, 0), (here.Nodes, here.Started, here.InFlight));
    }

    private static async Task ServeAsync(NodeProbe node)
    {
        while (true)
        {
            var call = await node.CallAsync();
            call.Answer($"{call.Caller.Request.Body.Length}");
            call.End();
        }
    }
}
