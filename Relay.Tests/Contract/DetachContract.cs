using Relay.Core;

namespace Relay.Tests.Contract;

/// <summary>Long work: detached requests and their streams.</summary>
public abstract class DetachContract : RuntimeContract
{
    [Theory]
    [InlineData("t_")]
    [InlineData("q_")]
    public async Task OtherMessagesAreHandledWhileAChatRuns(string prefix)
    {
        var client = await JoinAsync();
        client.Send($"{prefix}chat", "c", "\"gate\"");
        await Probe.HeardAsync("chatting");
        Assert.Equal($"{prefix}said", (await client.AskAsync($"{prefix}say", "r1")).Outcome());
        Probe.Open("gate");
        for (var i = 0; i < 3; i++)
        {
            var part = await client.Connection.AnswerAsync("c");
            Assert.Equal(($"{prefix}part", i), (part.Outcome(), part.GetProperty("data").GetInt32()));
        }

        Assert.Equal($"{prefix}done", (await client.Connection.AnswerAsync("c")).Outcome());
        Assert.Equal("3 parts", await Probe.HeardAsync("chat"));
        Assert.Equal(2, client.Connection.Returned.Messages);
    }

    [Fact]
    public async Task TooManyOpenRequestsAreBusyAndThatIsNoCrash()
    {
        var client = await JoinAsync();
        for (var i = 0; i < 4; i++)
        {
            client.Send("t_chat", $"c{i}", "\"gate\"");
            await Probe.HeardAsync("chatting");
        }

        Assert.Equal("t_busy", (await client.AskAsync("t_chat", "c4", "\"gate\"")).Outcome());
        Probe.Open("gate");
        for (var i = 0; i < 4; i++) await Probe.HeardAsync("chat");
        client.Send("t_chat", "c5", "\"gate\"");
        Assert.Equal("t_part", (await client.Connection.AnswerAsync("c5")).Outcome());
        Assert.Equal(0, Host.Counters.Crashes);
    }

    [Fact]
    public async Task AStreamWaitsForRoom()
    {
        var client = await JoinAsync();
        client.Send("t_chat", "c", "\"gate\"");
        await Probe.HeardAsync("chatting");
        client.Connection.Fill();
        Probe.Open("gate");
        var other = await JoinAsync(id: "c2");
        Assert.Equal("t_said", (await other.AskAsync("t_say", "r1")).Outcome());
        if (Host.KnowsRoomAtOnce) Assert.DoesNotContain(client.Connection.Frames, frame => frame.Contains("t_part"));
        client.Connection.Drain();
        for (var i = 0; i < 3; i++) Assert.Equal(i, (await client.Connection.NextAsync("t_part")).GetProperty("data").GetInt32());
        await client.Connection.NextAsync("t_done");
    }

    [Fact]
    public async Task ClosingTheConnectionCancelsItsChatButNotOneThatSurvives()
    {
        var client = await JoinAsync();
        var other = await JoinAsync(id: "c2");
        client.Send("t_stubborn", "s", "\"gate\"");
        await Probe.HeardAsync("chatting");
        client.Send("t_chat", "c", "\"gate\"");
        await Probe.HeardAsync("chatting");
        client.Leave();
        Assert.Equal("cancelled", await Probe.HeardAsync("chat"));
        Assert.Equal("t_said", (await other.AskAsync("t_say", "r1")).Outcome());
        Probe.Open("gate");
        Assert.Equal("3 parts", await Probe.HeardAsync("chat"));
    }

    [Fact]
    public async Task WhatSurvivesItsConnectionEndsWithTheTenantAndNoOthers()
    {
        var (client, other) = (await JoinAsync(), await JoinAsync("bob", "c2", "acme"));
        client.Send("t_stubborn", "s", "\"gate\"");
        await Probe.HeardAsync("chatting");
        client.Leave();
        other.Send("t_stubborn", "s", "\"other\"");
        await Probe.HeardAsync("chatting");
        Host.Interrupt(TenantId.Default);
        Assert.Equal("cancelled", await Probe.HeardAsync("chat"));
        Probe.Open("other");
        Assert.Equal("3 parts", await Probe.HeardAsync("chat"));

        // The next message starts the plugin anew.
        var again = await JoinAsync(id: "c3");
        Assert.Equal("t_said", (await again.AskAsync("t_say", "r1")).Outcome());
        Assert.Equal(0, Host.Counters.Crashes);
    }

    [Fact]
    public async Task AChatThatShowsNoProgressEnds()
    {
        var client = await JoinAsync();
        client.Send("t_chat", "c", "\"gate\"");
        await Probe.HeardAsync("chatting");
        Assert.Equal("plugin_failed", (await AdvanceUntilAsync(client.Connection.AnswerAsync("c"), TimeSpan.FromSeconds(1))).Outcome());
        Assert.Equal("cancelled", await Probe.HeardAsync("chat"));
        Assert.Equal(1, (await client.AskAsync("t_instance", "r1")).GetProperty("data").GetInt32());
        Assert.Equal(0, Host.Counters.Crashes);
    }

    [Fact]
    public async Task ACrashEndsTheChatsOfItsInstance()
    {
        var client = await JoinAsync();
        client.Send("t_chat", "c", "\"gate\"");
        await Probe.HeardAsync("chatting");
        client.Send("t_throw", "p");
        var outcomes = new HashSet<string>();
        for (var i = 0; i < 2; i++)
        {
            var error = await client.Connection.NextAsync("error");
            outcomes.Add($"{error.Outcome()} {error.GetProperty("request_id")}");
        }

        Assert.Equal(["plugin_failed c", "plugin_failed p"], outcomes.Order());
        Assert.Equal("cancelled", await Probe.HeardAsync("chat"));
    }

    [Fact]
    public async Task AnInstanceThatEndsItselfFinishesItsHandlerThenItsChatsAreCancelledAndWhatWaitsGoesToTheNext()
    {
        var client = await JoinAsync();
        client.Send("t_chat", "c", "\"never\"");
        await Probe.HeardAsync("chatting");
        client.Send("t_endthen", "e", "\"gate\"");
        await Probe.HeardAsync("ending");
        client.Send("t_instance", "r1");
        Probe.Open("gate");
        Assert.Equal("t_said", (await client.Connection.AnswerAsync("e")).Outcome());
        Assert.Equal("cancelled", await Probe.HeardAsync("chat"));
        Assert.Equal(2, (await client.Connection.AnswerAsync("r1")).GetProperty("data").GetInt32());
        Assert.Equal(0, Host.Counters.Crashes);
    }

    [Fact]
    public async Task AWriterIsLetGoWhenItsClientGoes()
    {
        var client = await JoinAsync();
        client.Send("t_chat", "c", "\"gate\"");
        await Probe.HeardAsync("chatting");
        client.Connection.Fill();
        Probe.Open("gate");
        await client.Connection.Awaited;
        client.Leave();
        // What it comes to depends on whether the hub hears of the leaving before the writer goes on.
        Assert.Contains(await Probe.HeardAsync("chat"), (string[])["dropped", "cancelled", "3 parts"]);
    }
}
