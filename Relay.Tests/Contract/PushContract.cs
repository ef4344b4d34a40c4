using Relay.Core;
using Relay.Core.Protocol;

namespace Relay.Tests.Contract;

/// <summary>Frames that nobody asked for: to a user, a connection, a group.</summary>
public abstract class PushContract : RuntimeContract
{
    private static readonly Frame News = new("""{"type":"news"}"""u8.ToArray());

    [Fact]
    public async Task APluginPushesToAllToOthersAndToOne()
    {
        var first = await JoinAsync(id: "c1");
        var second = await JoinAsync(id: "c2");
        first.Send("t_push", data: "7");
        Assert.Equal(7, (await first.Connection.NextAsync("t_mine")).GetProperty("data").GetInt32());
        Assert.Equal("s", (await second.Connection.NextAsync("t_others")).GetProperty("session_id").GetString());
        Assert.Equal(1, first.Connection.Frames.Count(frame => frame.Contains("t_pushed")));
        Assert.Equal(1, second.Connection.Frames.Count(frame => frame.Contains("t_pushed")));
        Assert.DoesNotContain(first.Connection.Frames, frame => frame.Contains("t_others"));
        Assert.DoesNotContain(second.Connection.Frames, frame => frame.Contains("t_mine"));
    }

    [Fact]
    public async Task ABackEndPushesToAUserAndToAConnection()
    {
        var first = await JoinAsync(id: "c1");
        var second = await JoinAsync(id: "c2");
        Assert.Equal(2, await Runtime.PushToUserAsync(User("alice"), News));
        Assert.Equal(0, await Runtime.PushToUserAsync(User("nobody"), News));
        Assert.True(await Runtime.PushToConnectionAsync(User("alice"), "c2", News));
        Assert.False(await Runtime.PushToConnectionAsync(User("alice"), "c3", News));
        Assert.False(await Runtime.PushToConnectionAsync(User("nobody"), "c1", News));
        await first.Connection.NextAsync("news");
        await second.Connection.NextAsync("news");
        await second.Connection.NextAsync("news");
        Assert.Equal(1, first.Connection.Frames.Count(frame => frame.Contains("news")));
    }

    [Fact]
    public async Task ABackEndMakesAGroupAndReachesIt()
    {
        var alice = await JoinAsync("alice");
        var bob = await JoinAsync("bob");
        Assert.True(await Runtime.JoinGroupAsync(User("alice"), "g"));
        Assert.True(await Runtime.JoinGroupAsync(User("bob"), "g"));
        Assert.False(await Runtime.JoinGroupAsync(User("nobody"), "g"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Runtime.JoinGroupAsync(User("alice"), ""));
        Assert.Equal(2, await Runtime.PushToGroupAsync(TenantId.Default, "g", News));
        await alice.Connection.NextAsync("news");
        await bob.Connection.NextAsync("news");
        Assert.True(await Runtime.LeaveGroupAsync(User("bob"), "g"));
        Assert.Equal(1, await Runtime.PushToGroupAsync(TenantId.Default, "g", News));
        Assert.Equal(0, await Runtime.PushToGroupAsync(new("other"), "g", News));
        await alice.Connection.NextAsync("news");
        Assert.Equal(1, bob.Connection.Frames.Count(frame => frame.Contains("news")));
    }

    [Fact]
    public async Task PluginsMakeAGroupAcrossUsers()
    {
        var alice = await JoinAsync("alice");
        var bob = await JoinAsync("bob");
        var carol = await JoinAsync("carol");
        await alice.AskAsync("t_enter", "r1", "\"g\"");
        await bob.AskAsync("t_enter", "r1", "\"g\"");
        await carol.AskAsync("t_enter", "r1", "\"g\"");
        await UntilMembersAsync(3);
        await carol.AskAsync("t_quit", "r2", "\"g\"");
        await UntilMembersAsync(2);
        carol.Send("t_group", data: "\"g\"");
        await alice.Connection.NextAsync("t_heard");
        await bob.Connection.NextAsync("t_heard");
        Assert.DoesNotContain(carol.Connection.Frames, frame => frame.Contains("t_heard"));
    }

    [Fact]
    public async Task ChangesOfAPluginsStateArePushedToAllOfTheUsersConnections()
    {
        var first = await JoinAsync(id: "c1");
        var second = await JoinAsync(id: "c2");
        first.Send("o_say");
        foreach (var client in (Client[])[first, second])
        {
            var status = await client.Connection.NextAsync("plugin_status");
            while (status.GetProperty("plugin").GetString() != "o_") status = await client.Connection.NextAsync("plugin_status");
            Assert.Equal("running", status.GetProperty("status").GetString());
        }
    }

    // What a plugin does to a group is on its way to the directory when the plugin goes on.
    private async Task UntilMembersAsync(int count)
    {
        for (var i = 0; i < 100_000 && await Runtime.PushToGroupAsync(TenantId.Default, "g", News) != count; i++) await Host.SettleAsync();
    }
}
