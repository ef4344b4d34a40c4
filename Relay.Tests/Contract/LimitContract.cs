using Relay.Core;

namespace Relay.Tests.Contract;

/// <summary>Plugin code over its time limit: abandoned, fenced, counted, bounded.</summary>
public abstract class LimitContract : RuntimeContract
{
    // Short, and the pool gets its turn after each: with long ones the clock of a busy machine passes the next instance's limit before its thread has run.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan AlmostTheLimit = TimeSpan.FromSeconds(29);

    [Theory]
    [InlineData("t_wait")]
    [InlineData("t_block")]
    public async Task AHandlerOverItsLimitIsACrashAndWhenItWakesLateItNeitherAnswersNorCounts(string type)
    {
        var client = await JoinAsync();
        client.Send(type, "poison", "\"gate\"");
        client.Send("t_instance", "behind");
        await Probe.HeardAsync(type == "t_wait" ? "waiting" : "blocked");
        Host.Advance(AlmostTheLimit);
        Assert.DoesNotContain(client.Connection.Frames, frame => frame.Contains("poison"));
        Assert.Equal("plugin_failed", (await AdvanceUntilAsync(client.Connection.AnswerAsync("poison"), Step)).Outcome());
        Assert.Equal(2, (await client.Connection.AnswerAsync("behind")).GetProperty("data").GetInt32());
        Assert.Equal((1, 1), (Host.Counters.TimeLimits, Host.Counters.Abandoned));
        Assert.Equal([("t_", 1L, 1L)], Host.Counters.Plugins.Where(static plugin => plugin.TimeLimits > 0).Select(static plugin => (plugin.Prefix, plugin.TimeLimits, plugin.Abandoned)));
        Probe.Open("gate");
        Assert.Equal("dropped", await Probe.HeardAsync("late"));
        Assert.Equal("1", await Probe.HeardAsync("disposed"));
        Assert.Equal(0, Host.Counters.Abandoned);
        Assert.Equal(1, client.Connection.Frames.Count(frame => frame.Contains("poison")));
        Assert.Equal(2, (await client.AskAsync("t_instance", "after")).GetProperty("data").GetInt32());
        Assert.Equal(1, Host.Counters.Crashes);
    }

    [Fact]
    public async Task AnAbandonedHandlerThatWakesLateNeitherWritesNorPushes()
    {
        var client = await JoinAsync();
        client.Send("t_write", "poison", "\"gate\"");
        await Probe.HeardAsync("waiting");
        Host.Advance(AlmostTheLimit);
        Assert.Equal("plugin_failed", (await AdvanceUntilAsync(client.Connection.AnswerAsync("poison"), Step)).Outcome());
        Assert.Equal("before", (await client.AskAsync("t_read", "r1")).GetProperty("data").GetString());
        Probe.Open("gate");
        Assert.Equal("fenced", await Probe.HeardAsync("write"));
        Assert.Equal("before", (await client.AskAsync("t_read", "r2")).GetProperty("data").GetString());
        Assert.DoesNotContain(client.Connection.Frames, frame => frame.Contains("t_pushed"));
    }

    [Fact]
    public async Task AHandlerThatObeysItsTokenIsLetGoByTheLimit()
    {
        var client = await JoinAsync();
        client.Send("t_obey", "poison", "\"never\"");
        await Probe.HeardAsync("waiting");
        Host.Advance(AlmostTheLimit);
        Assert.Equal("plugin_failed", (await AdvanceUntilAsync(client.Connection.AnswerAsync("poison"), Step)).Outcome());
        Assert.Equal("1", await Probe.HeardAsync("disposed"));
        Assert.Equal(0, Host.Counters.Abandoned);
    }

    [Fact]
    public async Task AStartOverItsLimitIsACrash()
    {
        var client = await JoinAsync("slow-starter");
        client.Send("t_say", "r1");
        Assert.Equal("plugin_failed", (await AdvanceUntilAsync(client.Connection.AnswerAsync("r1"), Step)).Outcome());
        Assert.Equal("failed", await StatusAsync("slow-starter", "t_"));
        Assert.Equal((2, 2), (Host.Counters.TimeLimits, Host.Counters.Abandoned));
    }

    [Fact]
    public async Task AbandonedHandlersOfATenantAreBoundedAndAnotherTenantIsNotAffected()
    {
        var neighbours = await Host.NeighboursAsync(4);
        var users = new List<Client>();
        for (var i = 0; i < 3; i++)
        {
            users.Add(await JoinAsync(neighbours[i]));
            users[i].Send("t_wait", "poison", "\"gate\"");
            await Probe.HeardAsync("waiting");
        }

        // Long after the others began: a handler that has answered may still be on its thread, and must not be over its time with them.
        Host.Advance(TimeSpan.FromSeconds(20));
        var fine = await JoinAsync(neighbours[3]);
        Assert.Equal("t_said", (await fine.AskAsync("t_say", "r1")).Outcome());
        Host.Advance(TimeSpan.FromSeconds(9));
        for (var i = 0; i < 100_000 && Host.Counters.Abandoned < 3; i++)
        {
            Host.Advance(Step);
            await Host.SettleAsync();
        }

        Assert.Equal("plugin_failed", (await fine.AskAsync("t_say", "r2")).Outcome());
        Assert.Equal("o_said", (await fine.AskAsync("o_say", "r3")).Outcome());
        Assert.Equal("t_said", (await (await JoinAsync(neighbours[0], tenant: "other")).AskAsync("t_say", "r4")).Outcome());
        Probe.Open("gate");
        for (var i = 0; i < 3; i++) Assert.Equal("dropped", await Probe.HeardAsync("late"));
        for (var i = 0; i < 3; i++) await Probe.HeardAsync("disposed");
        while (Host.Counters.Abandoned > 0) await Task.Yield();
        foreach (var client in users.Prepend(fine))
        {
            // A start that was refused while they hung may only now be told of, and then answers what waits for it: once.
            if ((await client.AskAsync("t_say", "r5")).Outcome() == "t_said") continue;
            Assert.Equal("t_said", (await client.AskAsync("t_say", "r6")).Outcome());
        }

        Assert.NotEqual(0, Host.Counters.RefusedRuns);
    }

    [Fact]
    public async Task ARestartWindowForgivesWhatIsLongAgo()
    {
        Options = Options with { Restarts = new(TimeSpan.FromMinutes(10)) };
        var client = await JoinAsync();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("plugin_failed", (await client.AskAsync("t_throw", $"p{i}")).Outcome());
            Assert.Equal("t_said", (await client.AskAsync("t_say", $"r{i}")).Outcome());
            Host.Advance(TimeSpan.FromMinutes(10.1));
        }

        await client.AskAsync("t_throw", "p5");
        await client.AskAsync("t_throw", "p6");
        Assert.Equal("failed", await StatusAsync("alice", "t_"));
        Assert.Equal(1, (await Runtime.ListHubsAsync(TenantId.Default, null, 10)).Total);
    }
}
