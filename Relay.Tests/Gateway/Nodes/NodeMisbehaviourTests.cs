using Relay.Core.Errors;
using Relay.Core.Nodes.Wire;
using Relay.Gateway.Hosting;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>Nodes that break the protocol: each is cut off with a reason, and its callers get a clean error.</summary>
public abstract class NodeMisbehaviourTests : NodeHttpTests
{
    public static TheoryData<string> Messages =>
    [
        "garbage", "[]", "{}", "{\"type\":\"request\",\"id\":1}", "{\"type\":\"hello\",\"node_id\":\"n\",\"models\":[],\"capacity\":1}",
        "{\"type\":\"response\",\"id\":99,\"status\":200,\"headers\":{}}", "{\"type\":\"response\",\"id\":1,\"status\":101,\"headers\":{}}",
        "{\"type\":\"error\",\"id\":99,\"code\":\"x\"}", "{\"type\":\"credit\",\"id\":1,\"bytes\":0}", "{\"type\":\"heartbeat\",\"in_flight\":-1,\"capacity\":1}",
    ];

    public static TheoryData<string> Chunks => ["wrong id", "before the head", "wrong number", "empty", "bad header", "short", "too big", "after the end", "after an error"];

    [Theory]
    [MemberData(nameof(Messages))]
    [Provokes(CloseReason.BadNodeMessage)]
    public async Task ABadMessageCutsTheNodeOffAndItsCallersAreTold(string message)
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var call = caller.PostAsync(NodeCaller.Body());
        await node.NextAsync();
        await node.Socket.SendTextAsync(message);
        Assert.Equal(new ServerClose(4400, "bad_node_message"), await node.ClosedAsync());
        using var response = await call;
        await response.ExpectErrorAsync(502, "node_lost");
    }

    [Theory]
    [MemberData(nameof(Chunks))]
    public async Task ABadChunkCutsTheNodeOffAndItsCallersAreTold(string what)
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var (begun, waiting) = (caller.PostAsync(NodeCaller.Body()), caller.PostAsync(NodeCaller.Body()));
        var (one, other) = (await node.NextAsync(), await node.NextAsync());
        await one.AnswerAsync();
        await one.SendAsync("data: x\n\n");
        await MisbehaveAsync(node, one, other, what);
        Assert.Equal(what == "too big" ? new ServerClose(1009, "message_too_big") : new ServerClose(4400, "bad_node_message"), await node.ClosedAsync());

        // Which of the two is which nobody knows.
        var answers = new List<string>();
        foreach (var call in (Task<HttpResponseMessage>[])[begun, waiting])
        {
            using var response = await call;
            answers.Add(await response.Content.ReadAsStringAsync());
        }

        var stream = Assert.Single(answers, static answer => answer.StartsWith("data: x\n\n", StringComparison.Ordinal));
        if (what is "after the end")
        {
            Assert.Equal("data: x\n\n", stream);
        }
        else
        {
            var last = stream.TrimEnd('\n').Split("\n\n")[^1];
            NodeExtensions.AssertError(last["data: ".Length..], what == "after an error" ? "node_failed" : "node_lost");
        }

        NodeExtensions.AssertError(Assert.Single(answers, answer => answer != stream), "node_lost");
    }

    [Fact]
    public async Task ANodeThatSendsMoreThanItsCallerTakesIsCutOff()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var call = caller.PostAsync(NodeCaller.Body());
        var job = await node.NextAsync();
        await job.AnswerAsync();
        try
        {
            for (uint i = 0; i < 1024; i++) await node.SendRawAsync(Chunk(job.Id, i, false, node.Welcome.ChunkBytes));
        }
        catch (IOException)
        {
            // It was cut off meanwhile.
        }

        await call;
        await node.EndedAsync();
    }

    [Fact]
    public async Task WhatANodeStillSendsForACancelledRequestIsPassedOver()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay, capacity: 1);
        using var gone = new CancellationTokenSource();
        var call = caller.PostAsync(NodeCaller.Body(), gone: gone.Token);
        var job = await node.NextAsync();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(job.Id, (await node.NextAsync<NodeCancel>()).Id);
        await job.AnswerAsync();
        await job.SendAsync("data: late\n\n");
        await job.FailAsync();
        var next = caller.PostAsync(NodeCaller.Body());
        await (await node.NextAsync()).StreamAsync("data: next\n\n");
        Assert.Equal("data: next\n\n", await (await next).Content.ReadAsStringAsync());
    }

    [Fact]
    [Provokes(CloseReason.HelloTimeout)]
    public async Task WhoDoesNotSayWhoItIsIsCutOff()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(time: time);
        var socket = await TestNode.DialAsync(relay);
        await socket.SendFrameAsync(Opcode.Ping, Array.Empty<byte>());
        Assert.Equal(Opcode.Pong, (await socket.ReceiveAsync()).Opcode);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(new ServerClose(4410, "hello_timeout"), await socket.ReceiveCloseAsync());
    }

    [Fact]
    public async Task WhoSpeaksBeforeItsHelloIsCutOff()
    {
        await using var relay = await StartAsync();
        var socket = await TestNode.DialAsync(relay);
        await socket.SendFrameAsync(Opcode.Text, NodeMessageWriter.Write(new NodeHeartbeat(0, 1, null)));
        Assert.Equal(new ServerClose(4400, "bad_node_message"), await socket.ReceiveCloseAsync());
        var refused = await relay.Nodes.TryConnectAsync("/nodes");
        Assert.Equal(400, refused.Status);
    }

    [Fact]
    [Provokes(CloseReason.NodeStalled)]
    public async Task ANodeThatNeverReadsIsCutOff()
    {
        const int Calls = 64;
        var time = new ManualTime();
        await using var relay = await StartAsync(new RelayNodesOptions { IdleTimeout = TimeSpan.FromSeconds(5), FirstByteTimeout = TimeSpan.FromHours(1) }.With(), time: time);
        using var caller = new NodeCaller(relay);
        var socket = await TestNode.DialAsync(relay);
        await socket.SendFrameAsync(Opcode.Text, NodeMessageWriter.Write(new NodeHello("n", ["m"], Calls, "test")));
        await socket.ReceiveAsync();
        var text = new string('x', 200_000);
        var calls = Enumerable.Range(0, Calls).Select(_ => caller.PostAsync(NodeCaller.Body(more: $",\"text\":\"{text}\""))).ToList();

        // One that came when the node is gone already would have another answer.
        while (!(await caller.GetAsync("/api/v1/nodes")).Contains($"\"in_flight\":{Calls}", StringComparison.Ordinal)) Assert.DoesNotContain(calls, static call => call.IsCompleted);
        while (calls.Any(static call => !call.IsCompleted))
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.WhenAny(calls[0], caller.GetAsync("/v1/models"));
        }

        foreach (var call in calls)
        {
            using var response = await call;
            await response.ExpectErrorAsync(502, "node_lost");
        }
    }

    private static byte[] Chunk(long id, uint sequence, bool isLast, int bytes)
    {
        var frame = new byte[NodeChunk.HeaderBytes + bytes];
        new NodeChunk(id, sequence, isLast).Write(frame);
        return frame;
    }

    private static async Task MisbehaveAsync(TestNode node, NodeJob begun, NodeJob waiting, string what)
    {
        switch (what)
        {
            case "wrong id":
                await node.SendRawAsync(Chunk(99, 0, true, 10));
                break;
            case "before the head":
                await node.SendRawAsync(Chunk(waiting.Id, 0, true, 10));
                break;
            case "wrong number":
                await node.SendRawAsync(Chunk(begun.Id, 7, false, 10));
                break;
            case "empty":
                await node.SendRawAsync(Chunk(begun.Id, 1, false, 0));
                break;
            case "bad header":
                await node.SendRawAsync(new byte[40]);
                break;
            case "short":
                await node.SendRawAsync(new byte[3]);
                break;
            case "too big":
                await node.SendRawAsync(Chunk(begun.Id, 1, false, 10 * 1024 * 1024));
                break;
            case "after the end":
                await begun.EndAsync();
                await node.SendRawAsync(Chunk(begun.Id, 2, true, 1));
                break;
            case "after an error":
                await begun.FailAsync();
                await node.SendRawAsync(Chunk(begun.Id, 1, true, 1));
                break;
        }
    }
}
