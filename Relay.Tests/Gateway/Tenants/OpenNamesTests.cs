using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Runtime;
using Relay.Gateway.Nodes;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>A relay that is open to every name keeps nothing of names that nobody uses any more.</summary>
public sealed class OpenNamesTests
{
    private const int Names = 20;

    [Fact]
    public async Task NothingStaysOfANameThatIsNotUsedAnyMore()
    {
        var time = new ManualTime();
        await using var relay = await RelayServer.StartAsync(static settings => settings with { Hub = settings.Hub with { UserHubInactivityTimeout = TimeSpan.FromSeconds(1) } }, time: time);
        using var http = new HttpClient { BaseAddress = relay.Url };
        var runtime = relay.Services.GetRequiredService<InProcessRuntime>();
        for (var i = 0; i < Names; i++)
        {
            // Who only asks leaves nothing behind.
            await http.GetStringAsync($"/t/asked{i}/api/v1/hubs");
            await http.GetStringAsync($"/t/asked{i}/api/v1/rooms");
            await http.GetStringAsync($"/t/asked{i}/api/v1/groups/g/members");
        }

        Assert.Equal(0, runtime.Tenants);
        for (var i = 0; i < Names; i++)
        {
            var (hub, _) = await relay.JoinAsync(path: $"/t/used{i}/ws");
            var room = await relay.ConnectAsync($"/t/used{i}/rooms/hall?since=");
            await room.ReceiveJsonAsync("joined");
            Assert.True(runtime.Tenants >= 2);
            await hub.SendCloseAsync(1000);
            await hub.ReceiveCloseAsync();
            await room.SendCloseAsync(1000);
            await room.ReceiveCloseAsync();
        }

        for (var steps = 0; runtime.Tenants > 0; steps++)
        {
            Assert.True(steps < 1000, $"Of {runtime.Tenants} something is still kept.");
            time.Advance(TimeSpan.FromSeconds(1));
            await http.GetStringAsync("/api/v1/hubs");
        }

        // A name that comes back begins anew.
        await relay.JoinAsync(path: "/t/used1/ws");
    }

    [Fact]
    public async Task NothingStaysOfNamesThatHadNodesStreamsOrKeys()
    {
        var time = new ManualTime();
        await using var relay = await RelayServer.StartAsync(time: time);
        using var caller = new NodeCaller(relay);
        var (runtime, streams) = (relay.Services.GetRequiredService<InProcessRuntime>(), relay.Services.GetRequiredService<StreamTable>());
        for (var i = 0; i < Names; i++)
        {
            var path = $"/t/used{i}";
            await using var node = await TestNode.JoinAsync(relay, path: path + "/nodes");
            node.Serve = static job => job.StreamAsync("data: {}\n\n", "data: [DONE]\n\n");
            using var stream = await caller.PostAsync(NodeCaller.Body(), path + NodeCaller.Chat, default, ("X-Relay-Stream-Id", "s"));
            await stream.Content.ReadAsByteArrayAsync();
            using var keyed = await caller.SendAsync(HttpMethod.Post, path + "/api/v1/messages", """{"type":"x"}""", default, ("Idempotency-Key", "k"));
            Assert.Equal(HttpStatusCode.OK, keyed.StatusCode);
        }

        Assert.True(runtime.Tenants >= Names);
        Assert.Equal(Names, streams.Tenants);
        for (var steps = 0; runtime.Tenants + streams.Tenants > 0; steps++)
        {
            Assert.True(steps < 10_000, $"Of {runtime.Tenants} and {streams.Tenants} something is still kept.");
            time.Advance(TimeSpan.FromMinutes(1));
            await caller.GetAsync("/api/v1/openapi.json");
        }

        // A name that comes back begins anew.
        await using var back = await TestNode.JoinAsync(relay, path: "/t/used1/nodes");
        back.Serve = static job => job.AnswerJsonAsync("{}");
        using var answer = await caller.PostAsync(NodeCaller.Body(), "/t/used1" + NodeCaller.Chat);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
