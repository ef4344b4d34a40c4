using Relay.Core.Errors;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>The process stops.</summary>
public abstract class StopContract : RuntimeContract
{
    [Fact]
    public async Task PluginsEndInGoodOrderThenTheTaskEndsAndJoinsAreRefused()
    {
        var client = await JoinAsync();
        Assert.Equal("t_said", (await client.AskAsync("t_say", "r1")).Outcome());
        await HearAsync("alice", "start", "resume");
        (await JoinAsync("bob", tenant: "other")).Leave();
        await HearAsync("bob", "start", "resume", "shutdown");
        await Runtime.StopAsync().WaitAsync(RecordingConnection.Patience);
        await HearAsync("alice", "stop");
        await HearAsync("bob", "stop");
        Assert.Equal(0, Host.Counters.Abandoned);
        Assert.Equal(ErrorCode.GoingAway, await RefusalAsync("alice"));
        Assert.Equal(ErrorCode.GoingAway, await RefusalAsync("carol"));
        Assert.Equal(ErrorCode.GoingAway, await RefusalAsync("dave", "new"));
        await Runtime.StopAsync().WaitAsync(RecordingConnection.Patience);
    }

    [Fact]
    public async Task AStopWaitsForPluginsAndAPluginThatHangsIsFencedAfterTheCancelTimeout()
    {
        var client = await JoinAsync("slow-stopper");
        await HearAsync("slow-stopper", "start", "resume");
        var stopped = Runtime.StopAsync();
        await HearAsync("slow-stopper", "stop");
        Assert.Equal("going_away", (await client.AskAsync("w_say", "r1")).Outcome());
        Assert.Equal(ErrorCode.GoingAway, await RefusalAsync("slow-stopper"));
        Host.Advance(Options.Inbox.CancelTimeout - TimeSpan.FromSeconds(1));
        Assert.False(stopped.IsCompleted);
        Assert.Equal(0, Host.Counters.Abandoned);
        Host.Advance(TimeSpan.FromSeconds(2));
        await stopped.WaitAsync(RecordingConnection.Patience);
        Assert.Equal(1, Host.Counters.Abandoned);
    }

    [Fact]
    public async Task ThereIsNothingToWaitForWithoutHubs()
    {
        await Runtime.StopAsync().WaitAsync(RecordingConnection.Patience);
        Assert.Equal(ErrorCode.GoingAway, await RefusalAsync("alice"));
    }

    private async Task<ErrorCode?> RefusalAsync(string user, string tenant = "default") =>
        (await Runtime.JoinAsync(User(user, tenant), new RecordingConnection("late", user, tenant)).AsTask().WaitAsync(RecordingConnection.Patience)).Error;

    private async Task HearAsync(string user, params string[] news)
    {
        foreach (var expected in news) Assert.Equal(expected, await Probe.HeardAsync("life " + user));
    }
}
