using Relay.Core;
using Relay.Core.Nodes;
using Relay.Core.Runtime;

namespace Relay.Tests.Contract;

/// <summary>Callers and nodes that are brought together.</summary>
public abstract class NodeContract : RuntimeContract
{
    private protected virtual IRelayRuntime NodesAt => Runtime;

    [Fact]
    public async Task ACallReachesItsNodeAndTheAnswerItsCaller()
    {
        var node = NodeProbe.Join(NodesAt);
        Assert.Equal("accept", await node.NextAsync());
        foreach (var bytes in (int[])[1, 65_536, 1_000_000])
        {
            var caller = CallProbe.Ask(Runtime, bodyBytes: bytes);
            var call = await node.CallAsync();
            Assert.Equal("at n", await caller.NextAsync());
            var request = call.Caller.Request;
            Assert.Equal(("POST", "/v1/test", "content-type: application/json"), (request.Method, request.Path, $"{request.Headers.Single().Key}: {request.Headers.Single().Value}"));
            Assert.True(caller.Request.Body.AsSpan().SequenceEqual(request.Body));
            call.Answer("hello");
            Assert.Equal(["200 text/plain", "hello"], [await caller.NextAsync(), await caller.NextAsync()]);
            Assert.Equal("passed 5", await call.NextAsync());
            call.End();
            Assert.Equal("end", await caller.NextAsync());
            caller.Link.Leave();
        }
    }

    [Fact]
    public async Task WhoFindsNoRoomWaitsForThePlaceOfAnother()
    {
        var node = NodeProbe.Join(NodesAt);
        var (one, other) = (CallProbe.Ask(Runtime), CallProbe.Ask(Runtime));
        var first = await node.CallAsync();
        Assert.Equal("at n", await one.NextAsync());
        first.End();
        Assert.Equal("end", await one.NextAsync());
        (await node.CallAsync()).End();
        Assert.Equal(["at n", "end"], [await other.NextAsync(), await other.NextAsync()]);
    }

    [Fact]
    public async Task WhoWaitsTooLongAndWhoWantsWhatNobodyServesIsRefused()
    {
        NodeProbe.Join(NodesAt, capacity: 0);
        var (late, unknown) = (CallProbe.Ask(Runtime), CallProbe.Ask(Runtime, "none"));
        Assert.Equal("UnknownModel", await unknown.NextAsync());
        Assert.Equal("UnknownModel", await CallProbe.Ask(Runtime, tenant: "other").NextAsync());
        Assert.Equal("Busy", await AdvanceUntilAsync(late.NextAsync(), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task ACallerThatLeavesCancelsItsWorkAndFreesThePlace()
    {
        var node = NodeProbe.Join(NodesAt);
        var (leaves, waits, next) = (CallProbe.Ask(Runtime), CallProbe.Ask(Runtime), CallProbe.Ask(Runtime));
        var call = await node.CallAsync();
        await leaves.NextAsync();
        waits.Link.Leave();
        leaves.Link.Leave();
        leaves.Call!.Cancel();
        Assert.Equal("cancel", await call.NextAsync());
        await node.CallAsync();
        Assert.Equal("at n", await next.NextAsync());
    }

    [Fact]
    public async Task WhoLosesItsNodeOrIsFailedAsksAnother()
    {
        var (a, b) = (NodeProbe.Join(NodesAt, "a", capacity: 2), NodeProbe.Join(NodesAt, "b"));
        Assert.Equal(["accept", "accept"], [await a.NextAsync(), await b.NextAsync()]);
        var caller = CallProbe.Ask(Runtime);
        var call = await a.CallAsync();
        Assert.Equal("at a", await caller.NextAsync());
        a.Link.Leave();
        call.Fail(CallFailure.NodeLost);
        Assert.Equal("NodeLost", await caller.NextAsync());
        caller.Link.Ask(["a"]);
        var again = await b.CallAsync();
        Assert.Equal("at b", await caller.NextAsync());
        again.Fail(CallFailure.NodeFailed, "so sorry");
        Assert.Equal("NodeFailed so sorry", await caller.NextAsync());
        caller.Link.Ask(["a", "b"]);
        Assert.Equal("NoOther", await caller.NextAsync());
    }

    [Fact]
    public async Task ASecondSocketOfANodeWaitsForWhatAProbeGives()
    {
        var first = NodeProbe.Join(NodesAt);
        Assert.Equal("accept", await first.NextAsync());
        var second = NodeProbe.Join(NodesAt);
        Assert.Equal("probe", await first.NextAsync());
        first.Link.Answered();
        Assert.Equal("turn away: NodeIdTaken", await second.NextAsync());
        second.Link.Leave();
        var third = NodeProbe.Join(NodesAt);
        Assert.Equal("probe", await first.NextAsync());
        first.Link.Leave();
        Assert.Equal("accept", await third.NextAsync());
    }

    [Fact]
    public async Task NodesAreListedAndDrained()
    {
        var node = NodeProbe.Join(NodesAt, capacity: 2, models: ["m", "o"]);
        await node.NextAsync();
        var caller = CallProbe.Ask(Runtime);
        await node.CallAsync();
        Assert.True(await Runtime.Nodes.DrainAsync(TenantId.Default, "n", true));
        Assert.Equal("drain", await node.NextAsync());
        var listing = await Runtime.Nodes.ListAsync(TenantId.Default);
        var shown = Assert.Single(listing.Nodes);
        Assert.Equal(("n", 2, 1, true), (shown.Offer.NodeId, shown.Offer.Capacity, shown.InFlight, shown.IsDraining));
        Assert.Equal([("m", 1), ("o", 1)], listing.Models.Select(static model => (model.Model, model.Nodes)));
        var waits = CallProbe.Ask(Runtime);
        Assert.True(await Runtime.Nodes.DrainAsync(TenantId.Default, "n", false));
        Assert.Equal("resume", await node.NextAsync());
        await node.CallAsync();
        Assert.Equal(["at n", "at n"], [await caller.NextAsync(), await waits.NextAsync()]);
        Assert.False(await Runtime.Nodes.DrainAsync(TenantId.Default, "nobody", true));
        Assert.Empty((await Runtime.Nodes.ListAsync(new("other"))).Nodes);
    }
}
