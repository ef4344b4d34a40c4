using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>Order of messages, and who waits for whom.</summary>
public abstract class OrderContract : RuntimeContract
{
    [Theory]
    [InlineData("t_")]
    [InlineData("q_")]
    public async Task TenThousandPipelinedMessagesComeBackInOrderWhileOthersHang(string prefix)
    {
        const int Count = 10_000;
        var alice = await JoinAsync("alice");
        var bob = await JoinAsync("bob");
        var slow = await JoinAsync("carol");
        slow.Connection.Fill();
        alice.Send("o_wait", "hangs", "\"never\"");
        bob.Send($"{prefix}wait", "hangs", "\"never\"");
        slow.Send($"{prefix}say", "unread");
        for (var i = 0; i < 2; i++) await Probe.HeardAsync("waiting");
        for (var i = 0; i < Count; i++) alice.Send($"{prefix}say", $"r{i}", $"{i}");
        for (var i = 0; i < Count; i++)
        {
            var frame = await alice.Connection.NextAsync($"{prefix}said");
            Assert.Equal(i, frame.GetProperty("data").GetInt32());
        }

        Assert.Equal(Count, alice.Connection.Returned.Messages);
    }

    [Fact]
    public async Task MessagesWaitForASlowStart()
    {
        var client = await JoinAsync("slow-starter");
        for (var i = 0; i < 10; i++) client.Send("t_say", $"r{i}", $"{i}");
        Probe.Open("start");
        for (var i = 0; i < 10; i++) Assert.Equal(i, (await client.Connection.AnswerAsync($"r{i}")).GetProperty("data").GetInt32());
    }

    [Fact]
    public async Task AClientThatDoesNotReadDelaysOnlyItself()
    {
        var slow = await JoinAsync(id: "slow");
        var quick = await JoinAsync(id: "quick");
        slow.Connection.Fill();
        for (var i = 0; i < 5; i++) slow.Send("t_say", $"s{i}", $"{i}");
        Assert.Equal("t_said", (await quick.AskAsync("t_say", "q1")).Type());
        if (Host.KnowsRoomAtOnce) Assert.DoesNotContain(slow.Connection.Frames, frame => frame.Contains("t_said"));
        slow.Connection.Drain();
        for (var i = 0; i < 5; i++) Assert.Equal(i, (await slow.Connection.NextAsync("t_said")).GetProperty("data").GetInt32());
    }

    [Fact]
    public async Task AnErrorFrameCarriesWhatThePluginSaid()
    {
        var client = await JoinAsync();
        var frame = await client.AskAsync("t_fail", "r1");
        Assert.Equal(("t_bad", "m", 1), (frame.Outcome(), frame.GetProperty("message").GetString(), frame.GetProperty("data").GetInt32()));
    }

    [Fact]
    public async Task UnknownTypesAndMissingScopesAreToldAndReturnTheCredit()
    {
        var without = await JoinAsync(id: "c1");
        var with = await JoinAsync("alice", "c2", "default", "vault");
        Assert.Equal("plugin_not_found", (await without.AskAsync("nobody_x", "r1")).Outcome());
        Assert.Equal("forbidden", (await without.AskAsync("v_say", "r2")).Outcome());
        Assert.Equal("v_said", (await with.AskAsync("v_say", "r3")).Outcome());
        Assert.Equal((2, 1), (without.Connection.Returned.Messages, with.Connection.Returned.Messages));
    }

    [Fact]
    public async Task AHandlerThatEndsSilentlyGivesNoAnswer()
    {
        var client = await JoinAsync();
        Assert.Equal("no_answer", (await client.AskAsync("t_silent", "r1")).Outcome());
        client.Send("t_silent");
        Assert.Equal("t_said", (await client.AskAsync("t_say", "r2")).Outcome());
        Assert.Equal(3, client.Connection.Returned.Messages);
    }

    [Fact]
    public async Task ASecondTerminalIsDroppedAndCounted()
    {
        var client = await JoinAsync();
        Assert.Equal("t_said", (await client.AskAsync("t_twice", "r1")).Outcome());
        Assert.Equal("dropped", await Probe.HeardAsync("twice"));
        Assert.Equal("t_said", (await client.AskAsync("t_say", "r2")).Outcome());
        Assert.Equal(1, client.Connection.Frames.Count(frame => frame.Contains("\"r1\"")));
        Assert.Equal(2, Host.Counters.LateTerminals);
    }

    [Fact]
    public async Task APluginThatBreaksThePromiseToBeQuickLosesItAndHoldsUpNobodyElse()
    {
        var alice = await JoinAsync("alice");
        var bob = await JoinAsync("bob");
        var blocked = Task.Factory.StartNew(() => alice.Send("q_block", "r1", "\"gate\""), TaskCreationOptions.LongRunning);
        await Probe.HeardAsync("blocked");
        Assert.Equal("q_said", (await bob.AskAsync("q_say", "r2")).Outcome());
        Host.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Host.Counters.RevokedInline);
        var still = Task.Factory.StartNew(() => bob.Send("q_block", "r3", "\"gate\""), TaskCreationOptions.LongRunning);
        await still.WaitAsync(RecordingConnection.Patience);
        Probe.Open("gate");
        await blocked.WaitAsync(RecordingConnection.Patience);
        Assert.Equal("q_said", (await alice.Connection.AnswerAsync("r1")).Outcome());
        Assert.Equal("q_said", (await bob.Connection.AnswerAsync("r3")).Outcome());
    }
}
