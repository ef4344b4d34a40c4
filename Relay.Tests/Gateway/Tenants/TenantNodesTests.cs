using System.Net;
using Relay.Core.Nodes.Wire;
using Relay.Gateway.Hosting;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>Nodes and their callers of two tenants that have different limits.</summary>
public sealed class TenantNodesTests
{
    [Fact]
    public async Task ABodyIsAsLongAsTheTenantMaySend()
    {
        await using var relay = await StartAsync("max_body_bytes: 2000");
        using var caller = new NodeCaller(relay);
        var body = NodeCaller.Body(more: $",\"x\":\"{new string('x', 2000)}\"");
        Assert.Equal(2000, (await TestNode.JoinAsync(relay, path: "/t/a/nodes")).Welcome.MaxBodyBytes);
        using (var big = await caller.PostAsync(body, "/t/a" + NodeCaller.Chat)) await big.ExpectErrorAsync(413, "body_too_big");
        var node = await TestNode.JoinAsync(relay, path: "/t/b/nodes");
        var call = caller.PostAsync(body, "/t/b" + NodeCaller.Chat);
        await (await node.NextAsync()).AnswerJsonAsync("{}");
        Assert.Equal(HttpStatusCode.OK, (await call).StatusCode);
    }

    [Fact]
    public async Task ATenantHasItsOwnNumberOfNodes()
    {
        await using var relay = await StartAsync("max_nodes: 1");
        foreach (var tenant in new[] { "a", "b" }) await TestNode.JoinAsync(relay, path: $"/t/{tenant}/nodes");
        await TestNode.JoinAsync(relay, "second", path: "/t/b/nodes");
        var socket = await TestNode.DialAsync(relay, "/t/a/nodes");
        await socket.SendFrameAsync(Opcode.Text, NodeMessageWriter.Write(new NodeHello("second", ["m"], 1, "test")));
        Assert.Equal("too_many_nodes", (await socket.ReceiveCloseAsync()).Reason);
    }

    [Fact]
    public async Task ARequestWaitsForAsLongAsItsTenantMay()
    {
        var time = new ManualTime();
        await using NodeHouse relay = await RelayServer.StartAsync(
            settings => With("queue_time: 3s")(settings with { Nodes = settings.Nodes with { QueueLength = 1 } }), time: time);
        using var caller = new NodeCaller(relay);
        var (a, b) = (await WaitAsync("a"), await WaitAsync("b"));
        time.Advance(TimeSpan.FromSeconds(4));
        await (await a.Waits).ExpectErrorAsync(503, "no_capacity");
        await b.Job.AnswerJsonAsync("{}");
        await (await b.Node.NextAsync()).AnswerJsonAsync("{}");
        Assert.Equal(HttpStatusCode.OK, (await b.Waits).StatusCode);

        // Of two only one finds a place in the queue: when one is refused, the other waits.
        async Task<(TestNode Node, NodeJob Job, Task<HttpResponseMessage> Waits)> WaitAsync(string tenant)
        {
            var node = await TestNode.JoinAsync(relay, capacity: 1, path: $"/t/{tenant}/nodes");
            var path = $"/t/{tenant}{NodeCaller.Chat}";
            _ = caller.PostAsync(NodeCaller.Body(), path);
            var job = await node.NextAsync();
            var (one, other) = (caller.PostAsync(NodeCaller.Body(), path), caller.PostAsync(NodeCaller.Body(), path));
            var full = await Task.WhenAny(one, other);
            await (await full).ExpectErrorAsync(503, "no_capacity");
            return (node, job, full == one ? other : one);
        }
    }

    [Fact]
    public async Task AQueueIsAsLongAsItsTenants()
    {
        await using var relay = await StartAsync("queue_length: 0");
        using var caller = new NodeCaller(relay);
        foreach (var (tenant, isRefused) in new[] { ("a", true), ("b", false) })
        {
            var node = await TestNode.JoinAsync(relay, capacity: 1, path: $"/t/{tenant}/nodes");
            var path = $"/t/{tenant}{NodeCaller.Chat}";
            var first = caller.PostAsync(NodeCaller.Body(), path);
            var job = await node.NextAsync();
            var second = caller.PostAsync(NodeCaller.Body(), path);
            if (isRefused) await (await second).ExpectErrorAsync(503, "no_capacity");
            await job.AnswerJsonAsync("{}");
            await first;
            if (isRefused) continue;
            await (await node.NextAsync()).AnswerJsonAsync("{}");
            Assert.Equal(HttpStatusCode.OK, (await second).StatusCode);
        }
    }

    [Fact]
    public async Task ATenantHasItsOwnNumberOfStreams()
    {
        await using var relay = await StartAsync("max_streams: 1");
        using var caller = new NodeCaller(relay);
        foreach (var (tenant, isRefused) in new[] { ("a", true), ("b", false) })
        {
            var node = await TestNode.JoinAsync(relay, path: $"/t/{tenant}/nodes");
            var path = $"/t/{tenant}{NodeCaller.Chat}";
            var first = caller.PostAsync(NodeCaller.Body(), path, headers: ("X-Relay-Stream-Id", "one"));
            var job = await node.NextAsync();
            var second = caller.PostAsync(NodeCaller.Body(), path, headers: ("X-Relay-Stream-Id", "two"));
            if (isRefused) await (await second).ExpectErrorAsync(429, "too_many_streams");
            else await (await node.NextAsync()).AnswerJsonAsync("{}");
            await job.AnswerJsonAsync("{}");
            Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        }
    }

    private static Func<RelaySettings, RelaySettings> With(string row) =>
        settings => settings with { Tenants = Loading.SettingsOf($"tenants: {{ a: {{ nodes: {{ {row} }} }}, b: {{}} }}").Tenants };

    private static async Task<NodeHouse> StartAsync(string row) => await RelayServer.StartAsync(With(row));
}
