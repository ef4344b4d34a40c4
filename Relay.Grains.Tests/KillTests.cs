using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Gateway.Hub;

namespace Relay.Grains.Tests;

/// <summary>A silo that is gone without a word.</summary>
public sealed class KillTests : ClusterTest
{
    [Fact]
    [Provokes(ErrorCode.OutcomeUnknown)]
    public async Task WhatTheSiloHadTakenHasAnUnknownOutcomeAndIsNotRunAgain()
    {
        var client = await JoinAsync(First);
        client.Send("t_wait", "hangs", "\"gate\"");
        await Probe.HeardAsync("waiting");
        await Cluster.KillAsync(Cluster.SiloOf(First, User("alice")));
        Assert.Equal("outcome_unknown", (await client.Connection.AnswerAsync("hangs")).Outcome());
        Assert.Equal("t_said", (await client.AskAsync("t_say", "after")).Outcome());
        Probe.Open("gate");
        await Probe.HeardAsync("late");
        Assert.Equal("t_said", (await client.AskAsync("t_say", "at last")).Outcome());
        Assert.Equal(1, client.Connection.Frames.Count(frame => frame.Contains("\"hangs\"")));
        Assert.Equal(0, Cluster.Counters.Crashes);
    }

    [Fact]
    public async Task WhatDoesNoHarmTwiceIsRunAgainBeforeWhatComesLaterAndAStreamIsNotBegunAgain()
    {
        var client = await JoinAsync(First);
        client.Send("t_restream", "stream", "\"never\"");
        await Probe.HeardAsync("chatting");
        client.Send("t_redo", "in hand", "\"gate\"");
        await Probe.HeardAsync("waiting");
        client.Send("t_say", "behind");
        client.Send("t_redo", "far behind", "\"gate\"");
        // The silo has taken them by then.
        Assert.Equal("w_said", (await client.AskAsync("w_say", "marker")).Outcome());
        await Cluster.KillAsync(Cluster.SiloOf(First, User("alice")));
        foreach (var request in (string[])["stream", "behind"]) Assert.Equal("outcome_unknown", (await client.Connection.AnswerAsync(request)).Outcome());
        await Probe.HeardAsync("waiting");
        client.Send("t_say", "after");
        Probe.Open("gate");
        foreach (var request in (string[])["in hand", "far behind", "after"]) Assert.Equal("t_said", (await client.Connection.AnswerAsync(request)).Outcome());
        var answers = client.Connection.Frames.Where(frame => frame.Contains("request_id")).ToList();
        foreach (var request in (string[])["stream", "in hand", "behind", "far behind", "after"]) Assert.Single(answers, frame => frame.Contains($"\"{request}\""));
        Assert.Contains("\"after\"", answers[^1]);
        Assert.Equal(6, client.Connection.Returned.Messages);
        Assert.Equal(0, Cluster.Counters.Crashes);
    }

    [Fact]
    public async Task EveryRequestInFlightHasExactlyOneOutcome()
    {
        const int Users = 12;
        const int Each = 20;
        var clients = new List<Client>();
        for (var i = 0; i < Users; i++)
        {
            clients.Add(await JoinAsync(First, $"u{i}"));
            clients.Add(await JoinAsync(Second, $"u{i}", "c2"));
        }

        foreach (var client in clients)
            for (var i = 0; i < Each; i++) client.Send("t_say", $"r{i}");
        var killing = Cluster.KillAsync(Cluster.SiloOf(First, User("u0")));
        foreach (var client in clients)
            for (var i = Each; i < 2 * Each; i++) client.Send("t_say", $"r{i}");
        await killing;
        foreach (var client in clients)
            for (var i = 0; i < 2 * Each; i++) Assert.Contains((await client.Connection.AnswerAsync($"r{i}")).Outcome(), (string[])["t_said", "outcome_unknown"]);
        // A link whose requests were all answered in time learns of the loss by its next one, whose outcome may be unknown. The one after that is the new hub's.
        foreach (var client in clients) Assert.Contains((await client.AskAsync("t_say", "next")).Outcome(), (string[])["t_said", "outcome_unknown"]);
        foreach (var client in clients) Assert.Equal("t_said", (await client.AskAsync("t_say", "after")).Outcome());
        foreach (var client in clients)
            for (var i = 0; i < 2 * Each; i++) Assert.Equal(1, client.Connection.Frames.Count(frame => frame.Contains($"\"r{i}\"")));
        Assert.Equal(0, Cluster.Counters.Crashes);
    }

    [Fact]
    public async Task TheDirectoryKnowsAllHubsAndGroupsAgainAndPushesFindTheirUsersMeanwhile()
    {
        const int Users = 12;
        var news = new Frame("{\"type\":\"news\"}"u8.ToArray());
        var clients = new List<Client>();
        for (var i = 0; i < Users; i++)
        {
            clients.Add(await JoinAsync(First, $"u{i}"));
            foreach (var group in (string[])["g", "left"]) Assert.True(await First.JoinGroupAsync(User($"u{i}"), group));
            Assert.True(await Second.LeaveGroupAsync(User($"u{i}"), "left"));
        }

        // Whichever silo goes, some of the hubs go with it, and perhaps a part of the directory.
        await Cluster.KillAsync(Cluster.SiloOf(First, User("u0")));
        for (var i = 0; i < Users; i++)
        {
            // A hub that is lost with its silo begins anew when somebody asks for it.
            Assert.Equal(1, await Second.PushToUserAsync(User($"u{i}"), news));
            await clients[i].Connection.NextAsync("news");
            Assert.True(await Second.JoinGroupAsync(User($"u{i}"), $"u{i}"));
        }

        await Eventually.Async(async () => (await Second.ListHubsAsync(new("default"), null, 100)) is { Total: Users, Connections: Users, Hubs.Count: Users });
        foreach (var hub in (await Second.ListHubsAsync(new("default"), null, 100)).Hubs) Assert.Equal(["g", hub.UserId], hub.Groups.Order());
        await Eventually.Async(async () => await Second.PushToGroupAsync(new("default"), "g", news) == Users);
        foreach (var client in clients) await client.Connection.NextAsync("news");
        Assert.Equal(0, await Second.PushToGroupAsync(new("default"), "left", news));
    }

    [Fact]
    public async Task AMemberOfAGroupStaysOneWhoeverOfTwoGatewaysIsAskedByTheNextHub()
    {
        var (one, other) = (await JoinAsync(First), await JoinAsync(Second, id: "c2"));
        Assert.True(await First.JoinGroupAsync(User("alice"), "g"));
        var third = await JoinAsync(Second, id: "c3");
        for (var loss = 0; loss < 2; loss++)
        {
            await Cluster.KillAsync(Cluster.SiloOf(First, User("alice")));
            // The directory hears of the member from the next hub, which begins when somebody speaks to it.
            Assert.Contains((await other.AskAsync("t_say", $"r{loss}")).Outcome(), (string[])["t_said", "outcome_unknown"]);
            await Eventually.Async(async () => await Second.PushToGroupAsync(new("default"), "g", new("""{"type":"news"}"""u8.ToArray())) == 1);
            foreach (var client in (Client[])[one, other, third]) await client.Connection.NextAsync("news");
            one.Leave();
            one = await JoinAsync(First, id: $"again{loss}");
        }
    }

    [Fact]
    public async Task TheLimitIsExactForJoinsRightAfter()
    {
        await JoinAsync(First);
        await JoinAsync(Second, id: "c2");
        var killing = Cluster.KillAsync(Cluster.SiloOf(First, User("alice")));
        Assert.Equal(3, await JoinManyAsync("alice", 20));
        await killing;
        Assert.Equal(0, await JoinManyAsync("alice", 4));
    }
}
