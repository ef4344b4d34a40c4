using Relay.Core;
using Relay.Core.Answers;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Contract;

/// <summary>What a back end asks for: who is there, who is in a group, sockets of all jobs.</summary>
public abstract class OperationsContract : RuntimeContract
{
    private static readonly Frame News = new("""{"type":"news"}"""u8.ToArray());

    [Fact]
    public async Task UsersAreListedInOrderWithTheirConnections()
    {
        await JoinAsync("bob");
        await JoinAsync("alice", "c2");
        await JoinAsync("alice", "c3");
        await JoinAsync("carol", "c4");
        await JoinAsync("dave", "c5", "other");
        await UntilAsync(async () => (await Runtime.ListUsersAsync(TenantId.Default, null, 10)).Users is [("alice", 2), ("bob", 1), ("carol", 1)]);
        var part = await Runtime.ListUsersAsync(TenantId.Default, "alice", 1);
        Assert.Equal(3, part.Total);
        Assert.Equal("bob", Assert.Single(part.Users).UserId);
    }

    [Fact]
    public async Task AUsersHubIsDescribedWithItsConnectionsAndGroups()
    {
        await JoinAsync("alice", "c1");
        await JoinAsync("alice", "c2");
        Assert.True(await Runtime.JoinGroupAsync(User("alice"), "g"));
        var hub = await Runtime.DescribeAsync(User("alice"));
        Assert.NotNull(hub);
        Assert.Equal(["c1", "c2"], hub.Connections.Order());
        Assert.Equal(["g"], hub.Groups);
        Assert.Null(await Runtime.DescribeAsync(User("nobody")));
        Assert.Null(await Runtime.DescribeAsync(User("alice", "other")));
    }

    [Fact]
    public async Task AGroupsMembersAreListedInParts()
    {
        foreach (var user in (string[])["carol", "alice", "bob"])
        {
            await JoinAsync(user, "c-" + user);
            Assert.True(await Runtime.JoinGroupAsync(User(user), "g"));
        }

        var first = await Runtime.ListGroupAsync(TenantId.Default, "g", null, 2);
        Assert.Equal(3, first.Total);
        Assert.Equal(["alice", "bob"], first.Users.Select(user => user.UserId));
        Assert.Equal(["carol"], (await Runtime.ListGroupAsync(TenantId.Default, "g", "bob", 2)).Users.Select(user => user.UserId));
        Assert.Equal(0, (await Runtime.ListGroupAsync(new("other"), "g", null, 2)).Total);
        Assert.True(await Runtime.LeaveGroupAsync(User("bob"), "g"));
        Assert.Equal(["alice", "carol"], (await Runtime.ListGroupAsync(TenantId.Default, "g", null, 9)).Users.Select(user => user.UserId));
    }

    [Fact]
    public async Task AUserIsInItsGroupsAndNoMore()
    {
        Options = Options with { Hubs = Options.Hubs with { MaxGroupsPerUser = 2 } };
        await JoinAsync("alice");
        Assert.True(await Runtime.JoinGroupAsync(User("alice"), "a"));
        Assert.True(await Runtime.JoinGroupAsync(User("alice"), "b"));
        Assert.False(await Runtime.JoinGroupAsync(User("alice"), "c"));
        Assert.True(await Runtime.JoinGroupAsync(User("alice"), "a"));
        Assert.Equal(0, (await Runtime.ListGroupAsync(TenantId.Default, "c", null, 9)).Total);
        Assert.True(await Runtime.LeaveGroupAsync(User("alice"), "a"));
        Assert.True(await Runtime.JoinGroupAsync(User("alice"), "c"));
    }

    [Fact]
    public async Task SocketsOfTheTenantAloneArePushedToListedAndClosed()
    {
        var shelf = new SocketShelf();
        Runtime.Sockets.Serve(shelf);
        RecordingConnection[] mine = [new("b", "alice"), new("a", "alice"), new("c", "bob")];
        var foreign = new RecordingConnection("d", "alice", "other");
        shelf.Add([.. mine, foreign]);
        Assert.Equal(3, await Runtime.Sockets.PushToAllAsync(TenantId.Default, News));
        foreach (var one in mine) await one.NextAsync("news");
        Assert.Empty(foreign.Frames);

        var page = await Runtime.Sockets.ListAsync(TenantId.Default, new(), null, 2);
        Assert.Equal(3, page.Total);
        Assert.Equal([new("a", "alice", "test"), new("b", "alice", "test")], page.Sockets);
        Assert.Equal([new("c", "bob", "test")], (await Runtime.Sockets.ListAsync(TenantId.Default, new(), "b", 2)).Sockets);
        Assert.Equal(2, (await Runtime.Sockets.ListAsync(TenantId.Default, new("alice"), null, 1)).Total);

        Assert.Equal(0, await Runtime.Sockets.CloseAsync(TenantId.Default, new("bob", "a"), ErrorCode.Disconnected));
        Assert.Equal(0, await Runtime.Sockets.CloseAsync(TenantId.Default, new(ConnectionId: "d"), ErrorCode.Disconnected));
        Assert.Equal(1, await Runtime.Sockets.CloseAsync(TenantId.Default, new("alice", "a"), ErrorCode.Disconnected));
        Assert.Equal(ErrorCode.Disconnected, await mine[1].Closing);
        Assert.Equal(1, await Runtime.Sockets.CloseAsync(TenantId.Default, new("alice"), ErrorCode.Disconnected));
        Assert.Equal(ErrorCode.Disconnected, await mine[0].Closing);
        Assert.Equal(1, (await Runtime.Sockets.ListAsync(TenantId.Default, new(), null, 9)).Total);
        Assert.Equal(1, (await Runtime.Sockets.ListAsync(new("other"), new(), null, 9)).Total);
    }

    [Fact]
    public async Task ARequestThatComesAgainWithItsKeyGetsTheFirstOnesAnswer()
    {
        var answers = Runtime.Answers;
        var first = await answers.BeginAsync(TenantId.Default, "k", "a");
        Assert.Equal(AnswerPhase.Fresh, first.Phase);
        Assert.Equal(AnswerPhase.Running, (await answers.BeginAsync(TenantId.Default, "k", "a")).Phase);
        Assert.Equal(AnswerPhase.Other, (await answers.BeginAsync(TenantId.Default, "k", "b")).Phase);
        Assert.Equal(AnswerPhase.Fresh, (await answers.BeginAsync(new("other"), "k", "b")).Phase);
        await answers.EndAsync(TenantId.Default, "k", first.Number, new(200, [1, 2]));
        var again = await answers.BeginAsync(TenantId.Default, "k", "a");
        Assert.Equal(AnswerPhase.Known, again.Phase);
        Assert.Equal(200, again.Answer!.Status);
        Assert.Equal([1, 2], again.Answer.Body);

        var second = await answers.BeginAsync(TenantId.Default, "l", "a");
        await answers.EndAsync(TenantId.Default, "l", second.Number, null);
        Assert.Equal(AnswerPhase.Fresh, (await answers.BeginAsync(TenantId.Default, "l", "a")).Phase);
    }

    [Fact]
    public async Task AUsersPresenceIsToldInOrder()
    {
        var first = await JoinAsync("alice", "c1");
        var second = await JoinAsync("alice", "c2");
        first.Leave();
        await HearAsync("Connected c1 1", "FirstIn c1 1", "Connected c2 2", "Disconnected c1 1");
        second.Leave();
        await HearAsync("Disconnected c2 0", "LastOut c2 0");
        await JoinAsync("alice", "c3");
        await HearAsync("Connected c3 1", "FirstIn c3 1");
    }

    [Fact]
    public async Task APluginThatFailsIsTold()
    {
        var alice = await JoinAsync("alice", "c1");
        await HearAsync("Connected c1 1", "FirstIn c1 1");
        await alice.AskAsync("t_throw", "r1");
        await alice.AskAsync("t_throwlater", "r2");
        await HearAsync("PluginFailed t_ 1");
    }

    private async Task HearAsync(params string[] events)
    {
        foreach (var one in events) Assert.Equal(one, await Probe.HeardAsync("events-alice"));
    }

    [Fact]
    public async Task WithoutSocketsThereIsNothingToListOrToClose()
    {
        Assert.Equal(0, await Runtime.Sockets.PushToAllAsync(TenantId.Default, News));
        Assert.Equal(0, (await Runtime.Sockets.ListAsync(TenantId.Default, new(), null, 2)).Total);
        Assert.Equal(0, await Runtime.Sockets.CloseAsync(TenantId.Default, new(), ErrorCode.Disconnected));
    }

    // What a hub reports is on its way to the directory when its client is welcome.
    private async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var i = 0; i < 100_000 && !await isSo(); i++) await Host.SettleAsync();
        Assert.True(await isSo());
    }
}

/// <summary>A process's sockets, by hand.</summary>
internal sealed class SocketShelf : ISocketHost
{
    private readonly List<RecordingConnection> _connections = [];

    public void Add(params RecordingConnection[] connections) => _connections.AddRange(connections);

    public int PushToAll(TenantId tenant, Frame frame)
    {
        var all = Of(tenant, new()).ToList();
        all.ForEach(connection => connection.Push(frame));
        return all.Count;
    }

    public SocketPage List(TenantId tenant, SocketChoice which, string? after, int limit)
    {
        var all = Of(tenant, which).Select(connection => new SocketInfo(connection.Id, connection.Identity.UserId, "test")).ToList();
        return SocketPage.Of(all.Count, all, after, limit);
    }

    public int Close(TenantId tenant, SocketChoice which, ErrorCode error)
    {
        var all = Of(tenant, which).ToList();
        foreach (var connection in all)
        {
            connection.Close(error);
            _connections.Remove(connection);
        }

        return all.Count;
    }

    private IEnumerable<RecordingConnection> Of(TenantId tenant, SocketChoice which) =>
        _connections.Where(connection => connection.Identity.Tenant == tenant.Name && which.Has(connection.Identity.UserId, connection.Id));
}
