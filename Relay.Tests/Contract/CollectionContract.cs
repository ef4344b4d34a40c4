using Relay.Core;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>Hubs that nobody uses end, on injected time.</summary>
public abstract class CollectionContract : RuntimeContract
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task AHubWithoutClientsEndsInGoodOrderAfterTheTimeoutAndOneInterval()
    {
        (await JoinAsync()).Leave();
        await HearAsync("alice", "start", "resume", "shutdown");
        Host.Advance(Options.Hubs.InactivityTimeout - TimeSpan.FromSeconds(1));
        Assert.Equal(1, await CountAsync());
        await UntilEndingAsync();
        await HearAsync("alice", "stop");
        await UntilCollectedAsync();
        Assert.Equal(1, Host.Counters.CollectedHubs);
        await JoinAsync(id: "c2");
        await HearAsync("alice", "start", "resume");
    }

    [Fact]
    public async Task AHubWithAClientIsNeverCollected()
    {
        var client = await JoinAsync();
        (await JoinAsync(id: "c2")).Leave();
        Host.Advance(Options.Hubs.InactivityTimeout * 4);
        Assert.Equal(1, await CountAsync());
        Assert.Equal("t_said", (await client.AskAsync("t_say", "r1")).Outcome());
        Assert.Equal(0, Host.Counters.CollectedHubs);
    }

    [Fact]
    public async Task AJoinDuringCollectionIsWelcomedAtOnceAndItsPluginsComeWhenTheOldOnesHaveEnded()
    {
        (await JoinAsync("slow-stopper")).Leave();
        await HearAsync("slow-stopper", "start", "resume", "shutdown");
        await UntilEndingAsync();
        await HearAsync("slow-stopper", "stop");
        var connection = new RecordingConnection("c2", "slow-stopper");
        var join = await Runtime.JoinAsync(User("slow-stopper"), connection);
        Assert.NotNull(join.Link);
        Assert.Equal("pending", (await connection.NextAsync()).GetProperty("plugins").GetProperty("w_").GetProperty("status").GetString());
        var client = new Client(connection, join.Link);
        client.Send("w_say", "r1");
        Assert.Equal("t_said", (await client.AskAsync("t_say", "r2")).Outcome());
        Assert.DoesNotContain(connection.Frames, frame => frame.Contains("w_said"));
        Probe.Open("stop");
        Assert.Equal("w_said", (await client.Connection.AnswerAsync("r1")).Outcome());
        await HearAsync("slow-stopper", "start");
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task APluginThatDoesNotEndIsFencedAfterTheCancelTimeout()
    {
        (await JoinAsync("slow-stopper")).Leave();
        await HearAsync("slow-stopper", "start", "resume", "shutdown");
        await UntilEndingAsync();
        await HearAsync("slow-stopper", "stop");
        await UntilCollectedAsync();
        Assert.Equal(1, Host.Counters.Abandoned);
        Probe.Open("stop");
        await JoinAsync("slow-stopper", "c2");
        await HearAsync("slow-stopper", "start");
    }

    [Fact]
    public async Task AHubThatIsCollectedLeavesItsGroupsAndForgetsFailures()
    {
        var client = await JoinAsync();
        await Runtime.JoinGroupAsync(User("alice"), "g");
        await client.AskAsync("t_throw", "p1");
        await client.AskAsync("t_throw", "p2");
        client.Leave();
        await HearAsync("alice", "start", "resume", "shutdown");
        await UntilEndingAsync();
        await HearAsync("alice", "stop");
        await UntilCollectedAsync();
        var again = await JoinAsync(id: "c2");
        Assert.Equal(0, await Runtime.PushToGroupAsync(TenantId.Default, "g", new("{}"u8.ToArray())));
        Assert.Equal("t_said", (await again.AskAsync("t_say", "r1")).Outcome());
    }

    private async Task<string> HearAsync(string user, params string[] news)
    {
        foreach (var expected in news) Assert.Equal(expected, await Probe.HeardAsync("life " + user));
        return news[^1];
    }

    private async Task<int> CountAsync() => (await Runtime.ListHubsAsync(TenantId.Default, null, 10)).Total;

    // The clock stops there: the plugins' code runs on other threads and has not begun to end yet.
    private async Task UntilEndingAsync()
    {
        // A handler that has been heard of may not have ended yet, and would be over its time.
        await Host.SettleAsync();
        for (var i = 0; i < 100_000; i++)
        {
            Host.Advance(Step);
            if ((await Runtime.ListHubsAsync(TenantId.Default, null, 10)).Hubs is not [{ Phase: "active" }]) return;
        }
    }

    private async Task UntilCollectedAsync()
    {
        for (var i = 0; i < 100_000 && await CountAsync() > 0; i++) Host.Advance(Step);
        Assert.Equal(0, await CountAsync());
    }
}
