namespace Relay.Tests.Contract;

/// <summary>Plugins that throw, wherever they can.</summary>
public abstract class CrashContract : RuntimeContract
{
    [Theory]
    [InlineData("t_throw")]
    [InlineData("t_throwlater")]
    [InlineData("q_throw")]
    [InlineData("q_throwlater")]
    public async Task TheFirstCrashAnswersThePoisonAndTheNextInstanceAnswersThoseBehind(string poison)
    {
        var prefix = poison[..2];
        var client = await JoinAsync();
        client.Send(poison, "poison");
        for (var i = 0; i < 5; i++) client.Send($"{prefix}say", $"r{i}", $"{i}");
        Assert.Equal("plugin_failed", (await client.Connection.AnswerAsync("poison")).Outcome());
        for (var i = 0; i < 5; i++) Assert.Equal(i, (await client.Connection.AnswerAsync($"r{i}")).GetProperty("data").GetInt32());
        Assert.Equal(2, (await client.AskAsync($"{prefix}instance", "i")).GetProperty("data").GetInt32());
        Assert.Equal(7, client.Connection.Returned.Messages);
        Assert.Equal("running", await StatusAsync("alice", prefix));
        Assert.Equal("1", await Probe.HeardAsync("disposed"));
    }

    [Fact]
    public async Task TheSecondCrashFailsThePluginAndNobodyElse()
    {
        var alice = await JoinAsync("alice");
        var bob = await JoinAsync("bob");
        Assert.Equal("plugin_failed", (await alice.AskAsync("t_throw", "r1")).Outcome());
        Assert.Equal("plugin_failed", (await alice.AskAsync("t_throwlater", "r2")).Outcome());
        Assert.Equal("failed", (await NextStatusAsync(alice, "failed")).GetProperty("status").GetString());
        Assert.Equal("plugin_failed", (await alice.AskAsync("t_say", "r3")).Outcome());
        Assert.Equal("o_said", (await alice.AskAsync("o_say", "r4")).Outcome());
        Assert.Equal("t_said", (await bob.AskAsync("t_say", "r5")).Outcome());
        Assert.Equal("failed", await StatusAsync("alice", "t_"));
        var second = new Support.RecordingConnection("c2");
        await Runtime.JoinAsync(User("alice"), second);
        Assert.Equal("failed", (await second.NextAsync()).GetProperty("plugins").GetProperty("t_").GetProperty("status").GetString());
        Assert.Equal((2, 1), (Host.Counters.Crashes, Host.Counters.FailedPlugins));
        Assert.Equal((2, 1, 1, 0), OfPlugin("t_"));
        Assert.Equal((0, 0, 0, 0), OfPlugin("o_"));
    }

    [Fact]
    public async Task MessagesBehindTheSecondCrashAreAnsweredToo()
    {
        var client = await JoinAsync();
        client.Send("t_throw", "p1");
        client.Send("t_throw", "p2");
        for (var i = 0; i < 5; i++) client.Send("t_say", $"r{i}");
        foreach (var request in (string[])["p1", "p2", "r0", "r1", "r2", "r3", "r4"])
            Assert.Equal("plugin_failed", (await client.Connection.AnswerAsync(request)).Outcome());
        Assert.Equal(7, client.Connection.Returned.Messages);
    }

    [Theory]
    [InlineData("constructor")]
    [InlineData("start")]
    public async Task ACrashBeforeTheFirstMessageLosesNoMessage(string part)
    {
        Probe.Plan(part, 1);
        var client = await JoinAsync();
        client.Send("t_say", "r1");
        client.Send("t_say", "r2");
        Assert.Equal("t_said", (await client.Connection.AnswerAsync("r1")).Outcome());
        Assert.Equal("t_said", (await client.Connection.AnswerAsync("r2")).Outcome());
        Assert.Equal(1, Host.Counters.Crashes);
    }

    [Theory]
    [InlineData("constructor")]
    [InlineData("start")]
    public async Task ASecondCrashBeforeTheFirstMessageFailsThePlugin(string part)
    {
        Probe.Plan(part, 2);
        var client = await JoinAsync();
        Assert.Equal("plugin_failed", (await client.AskAsync("t_say", "r1")).Outcome());
        Assert.True(await Runtime.RevivePluginAsync(User("alice"), "t_"));
        Assert.False(await Runtime.RevivePluginAsync(User("alice"), "t_"));
        Assert.False(await Runtime.RevivePluginAsync(User("bob"), "t_"));
        Assert.Equal("t_said", (await client.AskAsync("t_say", "r2")).Outcome());
    }

    [Fact]
    public async Task AThrowInShutdownIsACrashLikeOthers()
    {
        Probe.Plan("shutdown", 1);
        (await JoinAsync()).Leave();
        foreach (var expected in (string[])["start", "resume", "shutdown", "start"]) Assert.Equal(expected, await Probe.HeardAsync("life alice"));
        Assert.Equal("w_said", (await (await JoinAsync(id: "c2")).AskAsync("w_say", "r1")).Outcome());
    }

    [Fact]
    public async Task ATaskThatFailsAfterItsHandlerHarmsNobody()
    {
        var client = await JoinAsync();
        Assert.Equal("t_said", (await client.AskAsync("t_leak", "r1", "\"gate\"")).Outcome());
        Probe.Open("gate");
        await Probe.HeardAsync("leaked");
        Assert.Equal(1, (await client.AskAsync("t_instance", "r2")).GetProperty("data").GetInt32());
        Assert.Equal(0, Host.Counters.Crashes);
    }

    [Fact]
    public async Task APluginThatEndsItselfIsStoppedAndTheNextMessageStartsItAgain()
    {
        var client = await JoinAsync();
        for (var i = 1; i <= 4; i++)
        {
            Assert.Equal(i, (await client.AskAsync("t_instance", $"i{i}")).GetProperty("data").GetInt32());
            Assert.Equal("t_ending", (await client.AskAsync("t_end", $"e{i}")).Outcome());
            await NextStatusAsync(client, "stopped");
        }

        Assert.Equal("stopped", await StatusAsync("alice", "t_"));
        Assert.Equal(0, Host.Counters.Crashes);
    }

    [Fact]
    public async Task AnInstanceHasItsPlaceAmongOthersOnlyOnceHoweverOftenItIsReplaced()
    {
        var client = await JoinAsync();
        client.Send("t_end", "e");
        for (var i = 0; i < 200; i++) client.Send(i % 20 == 0 ? "t_end" : "t_say", $"r{i}", $"{i}");
        for (var i = 0; i < 200; i++) Assert.Contains((await client.Connection.AnswerAsync($"r{i}")).Outcome(), (string[])["t_said", "t_ending"]);
        Assert.Equal(201, client.Connection.Returned.Messages);
    }

    private static async Task<System.Text.Json.JsonElement> NextStatusAsync(Client client, string status)
    {
        while (true)
        {
            var frame = await client.Connection.NextAsync("plugin_status");
            if (frame.GetProperty("status").ValueEquals(status)) return frame;
        }
    }

    private (long Crashes, long Restarts, long Failed, long TimeLimits) OfPlugin(string prefix)
    {
        var counters = Host.Counters.Plugins.Single(plugin => plugin.Prefix == prefix);
        return (counters.Crashes, counters.Restarts, counters.Failed, counters.TimeLimits);
    }
}
