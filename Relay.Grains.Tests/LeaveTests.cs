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
    public async Task WhatTheHubHasNotBegunWithIsRunOnceByTheSuccessorInItsOrder()
    {
        var client = await JoinAsync(First);
        await HearAsync("alice", "start", "resume");
        client.Send("t_wait", "in hand", "\"gate\"");
        await Probe.HeardAsync("waiting");
        for (var i = 0; i < 5; i++) client.Send("t_say", $"behind{i}");
        // The silo has taken them by then.
        Assert.Equal("w_said", (await client.AskAsync("w_say", "marker")).Outcome());
        var leaving = Cluster.LeaveAsync(Cluster.SiloOf(First, User("alice")));
        await HearAsync("alice", "stop");
        client.Send("t_say", "meanwhile");
        Probe.Open("gate");
        await leaving.WaitAsync(RecordingConnection.Patience);
        Assert.Equal("t_said", (await client.Connection.AnswerAsync("in hand")).Outcome());
        Assert.Equal("sent", await Probe.HeardAsync("late"));
        Assert.Equal("t_said", (await client.Connection.AnswerAsync("meanwhile")).Outcome());
        string[] expected = ["marker", "in hand", .. Enumerable.Range(0, 5).Select(static i => $"behind{i}"), "meanwhile"];
        var answers = client.Connection.Frames.Where(frame => frame.Contains("request_id")).ToList();
        Assert.Equal(expected.Length, answers.Count);
        for (var i = 0; i < expected.Length; i++) Assert.Matches($"_said.*\"{expected[i]}\"", answers[i]);
        Assert.Equal(expected.Length, client.Connection.Returned.Messages);
    }

    [Fact]
    public async Task WhatWasHandedBackAndIsLostWithTheSuccessorIsNotRunAThirdTime()
    {
        var client = await JoinAsync(First);
        await HearAsync("alice", "start", "resume");
        client.Send("t_wait", "in hand", "\"gate\"");
        await Probe.HeardAsync("waiting");
        client.Send("t_wait", "handed back", "\"never\"");
        Assert.Equal("w_said", (await client.AskAsync("w_say", "marker")).Outcome());
        var leaving = Cluster.LeaveAsync(Cluster.SiloOf(First, User("alice")));
        await HearAsync("alice", "stop");
        Probe.Open("gate");
        await leaving.WaitAsync(RecordingConnection.Patience);
        await Probe.HeardAsync("waiting");
        await Cluster.KillAsync(Cluster.SiloOf(First, User("alice")));
        Assert.Equal("outcome_unknown", (await client.Connection.AnswerAsync("handed back")).Outcome());
        Assert.Equal("t_said", (await client.AskAsync("t_say", "after")).Outcome());
    }

    [Fact]
    public async Task APluginThatIsFencedByALaterOneElsewhereHasNotCrashedAndItsHubGoesOn()
    {
        var client = await JoinAsync(First);
        await HearAsync("alice", "start", "resume");
        Assert.Equal("null", (await client.AskAsync("t_read", "r1")).GetProperty("data").GetRawText());
        // As the later hub's plugin does with its first call, on another silo, when this one was taken for dead.
        Cluster.Stores.Fence(new(User("alice"), "t_"), TimeProvider.System.GetUtcNow().Ticks);
        Assert.Equal("outcome_unknown", (await client.AskAsync("t_read", "r2")).Outcome());
        await HearAsync("alice", "stop", "start", "resume");
        Assert.Equal("t_value", (await client.AskAsync("t_read", "r3")).Outcome());
        Assert.Equal(0, Cluster.Counters.Crashes);
        Assert.NotEmpty(Cluster.Logged.Of(2003));
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
