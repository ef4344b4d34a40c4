using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>One user at two gateways.</summary>
public sealed class GatewaysTests : ClusterTest
{
    private static readonly Frame News = new("""{"type":"news"}"""u8.ToArray());

    [Fact]
    public async Task SimultaneousJoinsAtTwoGatewaysFillTheLimitExactly() => Assert.Equal(5, await JoinManyAsync("alice", 50));

    [Fact]
    public async Task APlaceThatIsLeftAtOneGatewayIsFreeAtTheOther()
    {
        var leaves = await JoinAsync(First);
        Assert.Equal(4, await JoinManyAsync("alice", 10));
        leaves.Leave();
        // The leaving goes to the hub by the other gateway's way: it is asked until it has arrived.
        await Eventually.Async(async () => (await Second.ListHubsAsync(new("default"), null, 1)).Hubs[0].Connections.Count == 4);
        await JoinAsync(Second, id: "c2");
        Assert.Equal(ErrorCode.MaxConnectionsReached, (await First.JoinAsync(User("alice"), new RecordingConnection("c3"))).Error);
    }

    [Fact]
    public async Task APushReachesConnectionsAtBoth()
    {
        var (one, other) = (await JoinAsync(First), await JoinAsync(Second, id: "c2"));
        Assert.Equal(2, await First.PushToUserAsync(User("alice"), News));
        foreach (var client in (Client[])[one, other]) await client.Connection.NextAsync("news");
        Assert.True(await First.PushToConnectionAsync(User("alice"), "c2", News));
        await other.Connection.NextAsync("news");
        one.Send("t_push", data: "7");
        Assert.Equal(7, (await one.Connection.NextAsync("t_mine")).GetProperty("data").GetInt32());
        await other.Connection.NextAsync("t_others");
    }

    [Fact]
    public async Task SocketsOfAllGatewaysArePushedToListedAndClosedFromAnyOfThem()
    {
        var (here, there) = (new RecordingConnection("b"), new RecordingConnection("a"));
        var (near, far) = (new SocketShelf(), new SocketShelf());
        near.Add(here);
        far.Add(there, new RecordingConnection("x", tenant: "other"));
        First.Sockets.Serve(near);
        Second.Sockets.Serve(far);
        Assert.Equal(2, await First.Sockets.PushToAllAsync(new("default"), News));
        await there.NextAsync("news");
        var page = await Second.Sockets.ListAsync(new("default"), new("alice"), null, 1);
        Assert.Equal(2, page.Total);
        Assert.Equal("a", Assert.Single(page.Sockets).ConnectionId);
        Assert.Equal(1, await First.Sockets.CloseAsync(new("default"), new("alice", "a"), ErrorCode.Disconnected));
        Assert.Equal(ErrorCode.Disconnected, await there.Closing);
        Assert.Equal(1, (await Second.Sockets.ListAsync(new("default"), new(), null, 9)).Total);
        Assert.Equal(0, await First.Sockets.CloseAsync(new("default"), new(ConnectionId: "x"), ErrorCode.Disconnected));
    }

    [Fact]
    public async Task AGatewayThatIsLostLosesItsConnectionsAndOthersKeepTheirs()
    {
        var kept = await JoinAsync(First);
        var lost = await JoinAsync(Second, id: "c2");
        await JoinAsync(Second, "bob");
        await HearAsync("bob", "start", "resume");
        Second.Dispose();
        await HearAsync("bob", "shutdown");
        await Eventually.Async(async () => (await First.ListHubsAsync(new("default"), null, 1)).Hubs[0].Connections is ["c1"]);
        Assert.Equal("t_said", (await kept.AskAsync("t_say", "r1")).Outcome());
        Assert.DoesNotContain(lost.Connection.Frames, frame => frame.Contains("r1"));
        Assert.NotEmpty(Cluster.Logged.Of(4001));
    }
}
