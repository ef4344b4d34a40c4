using Relay.Core;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests;

/// <summary>A tenant's directory in four parts looks like one.</summary>
public sealed class ShardsTests : ClusterTest
{
    private static readonly string[] Users = [.. Enumerable.Range(10, 20).Select(static i => $"u{i}")];

    [Fact]
    public async Task AListGoesOverAllPartsInOrderPageByPage()
    {
        foreach (var user in Users) await JoinAsync(First, user);
        Assert.True(Users.Select(static user => CentralKey.Of(User(user), 4)).Distinct().Count() > 1);
        // Hubs report to their part by themselves.
        await Eventually.Async(async () => (await First.ListHubsAsync(TenantId.Default, null, 1)).Connections == Users.Length);
        var listed = new List<string>();
        while (true)
        {
            var page = await Second.ListHubsAsync(TenantId.Default, listed.LastOrDefault(), 7);
            Assert.Equal(Users.Length, page.Total);
            if (page.Hubs.Count == 0) break;
            listed.AddRange(page.Hubs.Select(static hub => hub.UserId));
        }

        Assert.Equal(Users, listed);
    }

    [Fact]
    public async Task AGroupHasMembersInAllParts()
    {
        var clients = new List<Client>();
        foreach (var user in Users)
        {
            clients.Add(await JoinAsync(First, user));
            Assert.True(await Second.JoinGroupAsync(User(user), "g"));
        }

        Assert.Equal(Users.Length, await Second.PushToGroupAsync(TenantId.Default, "g", new("""{"type":"news"}"""u8.ToArray())));
        foreach (var client in clients) await client.Connection.NextAsync("news");
        clients[0].Send("t_group", data: "\"g\"");
        foreach (var client in clients) await client.Connection.NextAsync("t_heard");
    }
}
