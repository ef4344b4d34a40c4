using System.Net;
using System.Text;
using Relay.Core.Nodes.Wire;
using Relay.Grains.Tests.Processes.Support;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>A node at one gateway, callers at another, and kill -9 under them.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class NodesTests(Servers servers)
{
    private const int Streams = 20;

    private static readonly string[] Half = [.. Enumerable.Range(0, 50).Select(static i => $"data: {i} {new string('x', i * 20)}\n\n")];

    [ProcessFact]
    public async Task StreamsOfTwoGatewaysOutliveEachSiloAndGoOnAtTheOtherGateway()
    {
        var (cluster, processes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        var (first, second) = (processes[2], processes[3]);
        await using var node = await JoinAsync(first);
        using var caller = new NodeCaller(second.Url);
        using var other = new NodeCaller(first.Url);
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Serve = async job =>
        {
            await job.AnswerAsync();
            foreach (var piece in Half) await job.SendAsync(piece);
            if (job.Text.Contains("waits", StringComparison.Ordinal)) await rest.Task;
            foreach (var piece in Half) await job.SendAsync(piece);
            await job.EndAsync();
        };
        var half = string.Concat(Half);
        var begun = await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => BeginAsync(caller, $"s{i}", half)));

        // Wherever the tenant's pool is, it is lost once; each time the next one learns of node and streams, and calls are served.
        processes[0].Kill();
        await ServedAsync(caller, half);
        var returned = cluster.StartAgain(processes[0]);
        await returned.ReadyAsync();
        await ProcessCluster.SeesAsync(returned, 2);
        processes[1].Kill();
        await ServedAsync(caller, half);

        // Every other one lost its reader meanwhile, and is read to its end at the gateway where it did not begin.
        for (var i = 0; i < Streams; i += 2) begun[i].Response.Dispose();
        using (var exists = await other.PostAsync(NodeCaller.Body(), headers: [("X-Relay-Stream-Id", "s1")])) await exists.ExpectErrorAsync(409, "stream_exists");
        using (var stopped = await other.SendAsync(HttpMethod.Delete, "/v1/streams/s3")) Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        await node.NextAsync<NodeCancel>();
        rest.SetResult();
        for (var i = 0; i < Streams; i++)
        {
            if (i % 2 == 1)
            {
                Assert.Equal(i == 3 ? "" : half, await begun[i].Stream.ReadToEndAsync());
                begun[i].Response.Dispose();
                continue;
            }

            using var resumed = await other.SendAsync(HttpMethod.Get, $"/v1/streams/s{i}?offset={half.Length}");
            Assert.Equal(half, await resumed.Content.ReadAsStringAsync());
        }
    }

    [ProcessFact]
    public async Task WhoReadsFromAGatewayThatIsKilledIsTold()
    {
        var (cluster, processes) = await ProcessCluster.StartAsync(servers, ["silo", "gateway", "gateway"], "--nodes:queue_time", "2s");
        await using var owned = cluster;
        var (doomed, second) = (processes[1], processes[2]);
        await using var node = await JoinAsync(doomed);
        using var home = new NodeCaller(doomed.Url);
        using var caller = new NodeCaller(second.Url);
        node.Serve = async job =>
        {
            await job.AnswerAsync();
            foreach (var piece in Half) await job.SendAsync(piece);
        };
        var half = string.Concat(Half);
        var (called, _, calledStream) = await BeginAsync(caller, null, half);
        (await BeginAsync(home, "s", half)).Response.Dispose();
        using var far = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s");
        var farStream = await far.Content.ReadAsStreamAsync();
        await farStream.ReadTextAsync(half.Length);
        doomed.Kill();
        NodeExtensions.AssertError((await calledStream.ReadToEndAsync())[6..], "node_lost");
        NodeExtensions.AssertError((await farStream.ReadToEndAsync())[6..], "stream_lost");
        called.Dispose();
        using var gone = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s");
        await gone.ExpectErrorAsync(404, "stream_not_found");
        using var unknown = await caller.PostAsync(NodeCaller.Body());
        Assert.True(unknown.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.ServiceUnavailable, $"{unknown.StatusCode}");
    }

    [ProcessFact]
    public async Task AChatOfAHubOnASiloRunsOnANodeAtAGateway()
    {
        var (cluster, processes) = await ProcessCluster.StartAsync(servers, ["silo", "gateway", "gateway"]);
        await using var owned = cluster;
        await using var node = await JoinAsync(processes[1]);
        node.Serve = static job => job.StreamAsync(
            """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}""" + "\n\n",
            """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n",
            "data: [DONE]\n\n");
        await using var user = await RawWebSocketClient.ConnectAsync(processes[2].Port, "/ws?user_id=alice");
        await user.ReceiveJsonAsync("welcome");
        await user.SendTextAsync("""{"type":"ai_chat","request_id":"r","data":{"model":"m","messages":[{"role":"user","content":"?"}]}}""");
        Assert.Equal("hello", (await user.ReceiveJsonAsync("ai_delta")).GetProperty("data").GetProperty("text").GetString());
        Assert.Equal("stop", (await user.ReceiveJsonAsync("ai_done")).GetProperty("data").GetProperty("finish_reason").GetString());
    }

    private static async Task<TestNode> JoinAsync(NodeProcess gateway) =>
        await TestNode.JoinAsync(await RawWebSocketClient.ConnectAsync(gateway.Port, "/nodes", ("Sec-WebSocket-Protocol", NodeWire.Subprotocol)), capacity: 64);

    private static async Task<(HttpResponseMessage Response, string Id, Stream Stream)> BeginAsync(NodeCaller caller, string? id, string half)
    {
        var response = await caller.PostAsync(NodeCaller.Body(more: ",\"user\":\"waits\""), headers: id is null ? [] : [("X-Relay-Stream-Id", id)]);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var stream = await response.Content.ReadAsStreamAsync();
        Assert.Equal(half, await stream.ReadTextAsync(Encoding.UTF8.GetByteCount(half)));
        return (response, id ?? "", stream);
    }

    private static async Task ServedAsync(NodeCaller caller, string half)
    {
        using var response = await caller.PostAsync(NodeCaller.Body());
        Assert.Equal(half + half, await response.Content.ReadAsStringAsync());
    }
}
