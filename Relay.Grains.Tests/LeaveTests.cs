using Relay.Core.Errors;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>Gateways and silos that stop in good order.</summary>
public sealed class LeaveTests : ClusterTest
{
    [Fact]
    public async Task AGatewayThatStopsRefusesJoinsAndTheOthersDoNot()
    {
        await First.StopAsync().WaitAsync(RecordingConnection.Patience);
        Assert.Equal(ErrorCode.GoingAway, (await First.JoinAsync(User("alice"), new RecordingConnection("c1"))).Error);
        Assert.Equal("t_said", (await (await JoinAsync(Second)).AskAsync("t_say", "r1")).Outcome());
        await First.StopAsync().WaitAsync(RecordingConnection.Patience);
    }

    [Fact]
    public async Task PluginsOfASiloThatLeavesEndInGoodOrderAndItsConnectionsGoOnAtTheSuccessor()
    {
        var (one, other) = (await JoinAsync(First), await JoinAsync(Second, id: "c2"));
        await HearAsync("alice", "start", "resume");
        var silo = Cluster.SiloOf(First, User("alice"));
        await Cluster.LeaveAsync(silo);
        await HearAsync("alice", "stop");
        Assert.Equal("t_said", (await one.AskAsync("t_say", "r1")).Outcome());
        Assert.Equal("t_said", (await other.AskAsync("t_say", "r2")).Outcome());
        await HearAsync("alice", "start", "resume");
        foreach (var client in (Client[])[one, other]) Assert.Equal(1, client.Connection.Frames.Count(frame => frame.Contains("welcome")));
        Assert.Equal(3, await JoinManyAsync("alice", 10));
        Assert.NotEqual(silo.SiloAddress, Cluster.SiloOf(First, User("alice")).SiloAddress);
    }

    [Fact]
    public async Task AMemberOfAGroupIsOneAtTheSuccessor()
    {
        var client = await JoinAsync(First);
        Assert.True(await Second.JoinGroupAsync(User("alice"), "g"));
        await Cluster.LeaveAsync(Cluster.SiloOf(First, User("alice")));
        await Eventually.Async(async () => await Second.PushToGroupAsync(new("default"), "g", new("""{"type":"news"}"""u8.ToArray())) == 1);
        await client.Connection.NextAsync("news");
    }

    [Fact]
    public async Task AConnectionThatSendsNothingIsPushedToByTheSuccessor()
    {
        var client = await JoinAsync(First);
        await HearAsync("alice", "start", "resume");
        await Cluster.LeaveAsync(Cluster.SiloOf(First, User("alice")));
        await HearAsync("alice", "stop", "start", "resume");
        Assert.Equal(1, await Second.PushToUserAsync(User("alice"), new("""{"type":"news"}"""u8.ToArray())));
        await client.Connection.NextAsync("news");
    }
}
