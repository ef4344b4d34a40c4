using Relay.Core;
using Relay.Core.Errors;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>Joins, the limit, leaving.</summary>
public abstract class JoinContract : RuntimeContract
{
    [Fact]
    public async Task FiftySimultaneousJoinsAtLimitFiveGiveExactlyFive()
    {
        var connections = Enumerable.Range(0, 50).Select(i => new RecordingConnection($"c{i}")).ToArray();
        using var barrier = new Barrier(2);
        var halves = new[] { connections[..25], connections[25..] }.Select(half => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return half.Select(connection => Runtime.JoinAsync(User("alice"), connection).AsTask()).ToArray();
            },
            TaskCreationOptions.LongRunning)).ToArray();
        var results = await Task.WhenAll((await Task.WhenAll(halves)).SelectMany(tasks => tasks)).WaitAsync(RecordingConnection.Patience);
        Assert.Equal(5, results.Count(result => result.Link is not null));
        Assert.Equal(45, results.Count(result => result.Error == ErrorCode.MaxConnectionsReached));
        Assert.Equal(5, connections.Count(connection => connection.Frames.Any(frame => frame.Contains("\"welcome\""))));
    }

    [Fact]
    public async Task APlaceThatIsLeftIsFreeForTheNext()
    {
        var clients = new List<Client>();
        for (var i = 0; i < 5; i++) clients.Add(await JoinAsync(id: $"c{i}"));
        Assert.Equal(ErrorCode.MaxConnectionsReached, (await Runtime.JoinAsync(User("alice"), new RecordingConnection("c5"))).Error);
        clients[2].Leave();
        await JoinAsync(id: "c6");
        Assert.Equal(ErrorCode.MaxConnectionsReached, (await Runtime.JoinAsync(User("alice"), new RecordingConnection("c7"))).Error);
    }

    [Fact]
    public async Task TheWelcomeIsTheFirstFrameAndShowsThePluginsThatRun()
    {
        var connection = new RecordingConnection("c1");
        await Runtime.JoinAsync(User("alice"), connection);
        var welcome = await connection.NextAsync();
        Assert.Equal(("welcome", "alice", 1, "c1"), (welcome.Type(), welcome.GetProperty("user_id").GetString(), welcome.GetProperty("client_count").GetInt32(), welcome.GetProperty("connection_id").GetString()));
        Assert.Equal("pending", welcome.GetProperty("plugins").GetProperty("t_").GetProperty("status").GetString());
        Assert.Equal("start", await Probe.HeardAsync("life alice"));
        Assert.Equal("resume", await Probe.HeardAsync("life alice"));
    }

    [Fact]
    public async Task UsersWhoseIdsLookAlikeAreDifferentAndSoAreTenants()
    {
        Options = Options with { Hubs = Options.Hubs with { MaxConnectionsPerUser = 1 } };
        await JoinAsync("alice");
        await JoinAsync("Alice");
        await JoinAsync("alice", tenant: "other");
        await JoinAsync("e\u0301");
        await JoinAsync("é");
        Assert.Equal(4, (await Runtime.ListHubsAsync(TenantId.Default, null, 100)).Total);
    }

    [Fact]
    public async Task ATenantThatMayHaveNoMoreHubsIsTold()
    {
        Options = Options with { Hubs = Options.Hubs with { MaxUserHubs = 1 } };
        await JoinAsync("alice");
        Assert.Equal(ErrorCode.HubCreationFailed, (await Runtime.JoinAsync(User("bob"), new RecordingConnection("c2", "bob"))).Error);
        await JoinAsync("bob", tenant: "other");
    }

    [Fact]
    public async Task TheListShowsHubsPageByPage()
    {
        foreach (var user in (string[])["c", "a", "b"]) await JoinAsync(user, id: "c-" + user);
        var first = await Runtime.ListHubsAsync(TenantId.Default, null, 2);
        // Hubs tell of their connections by themselves, in a cluster after the welcome.
        for (var asked = 0; first.Connections < 3 && asked < 1000; asked++) first = await Runtime.ListHubsAsync(TenantId.Default, null, 2);
        Assert.Equal((3, 3L), (first.Total, first.Connections));
        Assert.Equal(["a", "b"], first.Hubs.Select(hub => hub.UserId));
        var second = await Runtime.ListHubsAsync(TenantId.Default, "b", 2);
        Assert.Equal("c-c", second.Hubs.Single().Connections.Single());
    }

    [Fact]
    public async Task ResumeAndShutdownAreToldOnTheFirstAndTheLastConnection()
    {
        var first = await JoinAsync(id: "c1");
        var second = await JoinAsync(id: "c2");
        foreach (var expected in (string[])["start", "resume"]) Assert.Equal(expected, await Probe.HeardAsync("life alice"));
        first.Leave();
        second.Leave();
        Assert.Equal("shutdown", await Probe.HeardAsync("life alice"));
        await JoinAsync(id: "c3");
        Assert.Equal("resume", await Probe.HeardAsync("life alice"));
    }
}
