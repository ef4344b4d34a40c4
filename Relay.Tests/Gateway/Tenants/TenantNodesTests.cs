using System.Net;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;

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
        await socket.SendFrameAsync(WebSockets.Opcode.Text, Core.Nodes.Wire.NodeMessageWriter.Write(new Core.Nodes.Wire.NodeHello("second", ["m"], 1, "test")));
        Assert.Equal("too_many_nodes", (await socket.ReceiveCloseAsync()).Reason);
    }

    [Theory]
    [InlineData("queue_time: 3s", "no_capacity", 503)]
    [InlineData("first_byte_timeout: 3s", "first_byte_timeout", 504)]
    public async Task ARequestWaitsForAsLongAsItsTenantMay(string row, string code, int status)
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(row, time);
        using var caller = new NodeCaller(relay);
        var jobs = new List<NodeJob>();
        var calls = new Dictionary<string, Task<HttpResponseMessage>>();
        var waits = row.StartsWith("queue", StringComparison.Ordinal);
        foreach (var tenant in new[] { "a", "b" })
        {
            var node = await TestNode.JoinAsync(relay, capacity: 1, path: $"/t/{tenant}/nodes");
            var path = $"/t/{tenant}{NodeCaller.Chat}";
            var first = caller.PostAsync(NodeCaller.Body(), path);
            jobs.Add(await node.NextAsync());
            calls[tenant] = first;
            if (!waits) continue;
            calls[tenant] = caller.PostAsync(NodeCaller.Body(), path);
            while (!(await caller.GetAsync($"/t/{tenant}/api/v1/models")).Contains("\"waiting\":1", StringComparison.Ordinal)) await Task.Yield();
        }

        time.Advance(TimeSpan.FromSeconds(4));
        using var late = await calls["a"];
        await late.ExpectErrorAsync(status, code);
        Assert.False(calls["b"].IsCompleted);
        await jobs[1].AnswerJsonAsync("{}");
        if (!waits) Assert.Equal(HttpStatusCode.OK, (await calls["b"]).StatusCode);
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

    private static async Task<NodeHouse> StartAsync(string row, ManualTime? time = null) => await RelayServer.StartAsync(
        settings => settings with { Tenants = Loading.SettingsOf($"tenants: {{ a: {{ nodes: {{ {row} }} }}, b: {{}} }}").Tenants }, time: time);
}
