using Relay.Core.Errors;
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
        foreach (var client in clients)
        {
            for (var i = 0; i < 2 * Each; i++) Assert.Contains((await client.Connection.AnswerAsync($"r{i}")).Outcome(), (string[])["t_said", "outcome_unknown"]);
            Assert.Equal("t_said", (await client.AskAsync("t_say", "after")).Outcome());
        }

        await killing;
        foreach (var client in clients)
            for (var i = 0; i < 2 * Each; i++) Assert.Equal(1, client.Connection.Frames.Count(frame => frame.Contains($"\"r{i}\"")));
        Assert.Equal(0, Cluster.Counters.Crashes);
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
