using Orleans;
using Orleans.Core.Internal;
using Orleans.Runtime;
using Orleans.TestingHost;
using Relay.Core.Protocol;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests;

/// <summary>A gateway in the process of a silo: users' hubs are beside their connections, or elsewhere.</summary>
public sealed class LocalTests : ClusterTest
{
    private static readonly Frame News = new("""{"type":"news"}"""u8.ToArray());

    [Fact]
    public async Task AMessageAndItsAnswerAndAPushNeverLeaveTheProcess()
    {
        var inside = await Cluster.StartGatewayAsync(Cluster.Silos[0]);
        var client = await JoinAsync(inside);
        Assert.Equal(Cluster.Silos[0].SiloAddress.ToParsableString(), inside.Find(User("alice"))!.Silo);
        var calls = Cluster.Calls.OfHubs;
        for (var i = 0; i < 100; i++) Assert.Equal("t_said", (await client.AskAsync("t_say", $"r{i}")).Outcome());
        client.Send("t_push", data: "7");
        Assert.Equal(7, (await client.Connection.NextAsync("t_mine")).GetProperty("data").GetInt32());
        client.Leave();
        await HearAsync("alice", "start", "resume", "shutdown");
        Assert.Equal(calls, Cluster.Calls.OfHubs);
    }

    [Fact]
    public async Task APushFromOutsideIsNotWrittenForTheClusterAgain()
    {
        var inside = await Cluster.StartGatewayAsync(Cluster.Silos[0]);
        var client = await JoinAsync(inside);
        var calls = Cluster.Calls.OfHubs;
        Assert.Equal(1, await inside.PushToUserAsync(User("alice"), News));
        await client.Connection.NextAsync("news");
        // The push itself, which asks the hub's grain; and nothing from there to the gateway.
        Assert.Equal(calls + 1, Cluster.Calls.OfHubs);
    }

    [Fact]
    public async Task OneTabHereAndOneAtAnotherGatewayAreInOneHubWithAnExactLimit()
    {
        var inside = await Cluster.StartGatewayAsync(Cluster.Silos[0]);
        var (here, there) = (await JoinAsync(inside), await JoinAsync(First, id: "c2"));
        Assert.Equal(2, await First.PushToUserAsync(User("alice"), News));
        foreach (var client in (Client[])[here, there])
        {
            await client.Connection.NextAsync("news");
            Assert.Equal("t_said", (await client.AskAsync("t_say", "r1")).Outcome());
        }

        here.Send("t_push", data: "7");
        Assert.Equal(7, (await here.Connection.NextAsync("t_mine")).GetProperty("data").GetInt32());
        await there.Connection.NextAsync("t_others");
        var joins = Enumerable.Range(0, 30).Select(i => (i % 3 == 0 ? First : inside).JoinAsync(User("alice"), new RecordingConnection($"m{i}")).AsTask()).ToList();
        var results = await Task.WhenAll(joins).WaitAsync(RecordingConnection.Patience);
        Assert.Equal(3, results.Count(static result => result.Link is not null));
        Assert.All(results.Where(static result => result.Link is null), static result => Assert.Equal(Core.Errors.ErrorCode.MaxConnectionsReached, result.Error));
        here.Leave();
        Assert.Null((await inside.JoinAsync(User("alice"), new RecordingConnection("c3"))).Error);
        Assert.Equal(Core.Errors.ErrorCode.MaxConnectionsReached, (await inside.JoinAsync(User("alice"), new RecordingConnection("c4"))).Error);
    }

    [Fact]
    public async Task AConnectionWhoseHubIsElsewhereGoesThereAndGoesStraightOnceTheHubIsHere()
    {
        var inside = await Cluster.StartGatewayAsync(Cluster.Silos[0]);
        var user = await ElsewhereAsync(Cluster.Silos[0]);
        var client = await JoinAsync(inside, user);
        Assert.Null(inside.Find(User(user))!.Local);
        Assert.Equal("t_said", (await client.AskAsync("t_say", "r1")).Outcome());
        await Cluster.LeaveAsync(Cluster.SiloOf(inside, User(user)));
        await Cluster.LeaveAsync(Cluster.Silos.Single(silo => silo != Cluster.Silos[0] && silo.IsActive));
        Assert.Equal("t_said", (await client.AskAsync("t_say", "r2")).Outcome());
        Assert.NotNull(inside.Find(User(user))!.Local);
        var calls = Cluster.Calls.OfHubs;
        for (var i = 0; i < 100; i++) Assert.Equal("t_said", (await client.AskAsync("t_say", $"here{i}")).Outcome());
        // The last calls by the way that it had before may come as late as this.
        Assert.InRange(Cluster.Calls.OfHubs - calls, 0, 10);
    }

    [Fact]
    public async Task AHubThatEndsHereGoesOnForTheConnectionsThatItHad()
    {
        var inside = await Cluster.StartGatewayAsync(Cluster.Silos[0]);
        var (here, there) = (await JoinAsync(inside), await JoinAsync(First, id: "c2"));
        await HearAsync("alice", "start", "resume");
        here.Send("t_obey", "under way", "\"never\"");
        await Probe.HeardAsync("waiting");
        var before = inside.Find(User("alice"))!.Local;
        await EndActivationAsync("alice");
        for (var i = 0; i < 20; i++)
        {
            here.Send("t_say", $"h{i}");
            there.Send("t_say", $"t{i}");
        }

        Assert.Equal("outcome_unknown", (await here.Connection.AnswerAsync("under way")).Outcome());
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("t_said", (await here.Connection.AnswerAsync($"h{i}")).Outcome());
            Assert.Equal("t_said", (await there.Connection.AnswerAsync($"t{i}")).Outcome());
        }

        Assert.Equal("t_said", (await here.AskAsync("t_say", "after")).Outcome());
        Assert.Equal("t_said", (await there.AskAsync("t_say", "after")).Outcome());
        Assert.NotSame(before, inside.Find(User("alice"))!.Local);
        foreach (var client in (Client[])[here, there]) Assert.Equal(1, client.Connection.Frames.Count(static frame => frame.Contains("welcome")));
        // Each once, in the order in which they were sent.
        string[] sent = [.. Enumerable.Range(0, 20).Select(static i => $"\"h{i}\"")];
        Assert.Equal(sent, here.Connection.Frames.Select(frame => sent.FirstOrDefault(frame.Contains)).OfType<string>());
        Assert.Equal(3, await JoinManyAsync("alice", 10));
        Assert.Equal(0, Cluster.Counters.Crashes);
    }

    [Fact]
    public async Task AConnectionThatSendsNothingIsPushedToByTheSuccessor()
    {
        var inside = await Cluster.StartGatewayAsync(Cluster.Silos[0]);
        var client = await JoinAsync(inside);
        await HearAsync("alice", "start", "resume");
        await EndActivationAsync("alice");
        await HearAsync("alice", "stop", "start", "resume");
        Assert.Equal(1, await Second.PushToUserAsync(User("alice"), News));
        await client.Connection.NextAsync("news");
        client.Leave();
        await HearAsync("alice", "shutdown");
    }

    [Fact]
    public async Task ASiloThatIsKilledTakesNothingFromConnectionsOfAHubHere()
    {
        var inside = await Cluster.StartGatewayAsync(Cluster.Silos[0]);
        var clients = new List<Client>();
        for (var i = 0; i < 8; i++) clients.Add(await JoinAsync(inside, $"u{i}"));
        await Cluster.KillAsync(Cluster.Silos[1]);
        for (var i = 0; i < 20; i++)
            foreach (var client in clients) client.Send("t_say", $"r{i}");
        for (var i = 0; i < 20; i++)
            foreach (var client in clients) Assert.Equal("t_said", (await client.Connection.AnswerAsync($"r{i}")).Outcome());
    }

    // A user who has a hub already, on another silo.
    private async Task<string> ElsewhereAsync(InProcessSiloHandle here)
    {
        for (var i = 0; ; i++)
        {
            await JoinAsync(First, $"e{i}", "first");
            if (Cluster.SiloOf(First, User($"e{i}")) != here) return $"e{i}";
        }
    }

    // As a silo's leaving, or a repair of the cluster's directory, ends it: under its connections.
    private async Task EndActivationAsync(string user)
    {
        TenantContext.Set(new("default"));
        await Cluster.Grains.Hub(User(user)).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        RequestContext.Clear();
    }
}
