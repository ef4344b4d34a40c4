using System.Net;
using System.Text;
using System.Text.Json;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Agent;

/// <summary>The agent and the real relay.</summary>
public class NodeAgentRelayTests
{
    [Fact]
    public async Task ACallersStreamIsTheUpstreamsByteForByte()
    {
        string[] events = [.. Enumerable.Range(0, 200).Select(i => ScriptedChatUpstream.Delta($"wörd {i} ")), "[DONE]"];
        await using var relay = await RelayServer.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Events(events));
        await using var node = RunningNode.Start($"ws://127.0.0.1:{relay.Port}", upstream.BaseUrl, "--model", "m");
        await node.Connected;
        using var caller = new NodeCaller(relay);
        using var response = await caller.PostAsync(NodeCaller.Body());
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(string.Concat(events.Select(data => $"data: {data}\n\n")), await response.Content.ReadAsStringAsync());
        Assert.Equal(NodeCaller.Body(), Assert.Single(upstream.Requests).Body);
    }

    [Fact]
    public async Task ACallerThatLeavesAbortsTheUpstreamsRequestBeforeItsFirstWord()
    {
        await using var relay = await RelayServer.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.SilenceAsync);
        await using var node = RunningNode.Start($"ws://127.0.0.1:{relay.Port}", upstream.BaseUrl, "--model", "m");
        await node.Connected;
        using var caller = new NodeCaller(relay);
        using var gone = new CancellationTokenSource();
        var call = caller.PostAsync(NodeCaller.Body(), gone: gone.Token);
        await upstream.Reached.WaitAsync(FakeNodeLink.Bound);
        await gone.CancelAsync();
        await upstream.Aborted.WaitAsync(FakeNodeLink.Bound);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>hello</html>", "bad_upstream")]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>", "bad_upstream")]
    [InlineData("", "node_failed")]
    [InlineData("220 smtp ready\r\n", "node_failed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"half\":", "node_failed")]
    public async Task AnUpstreamThatIsNoneIsACleanErrorOfTheApi(string answer, string code)
    {
        await using var relay = await RelayServer.StartAsync();
        await using var upstream = new RawUpstream(answer);
        await using var node = RunningNode.Start($"ws://127.0.0.1:{relay.Port}", upstream.BaseUrl, "--model", "m");
        await node.Connected;
        using var caller = new NodeCaller(relay);
        using var response = await caller.PostAsync(NodeCaller.Body(stream: false));
        await response.ExpectErrorAsync((int)HttpStatusCode.BadGateway, code);
    }

    [Fact]
    public async Task AStreamThatBreaksOffEndsWithAnErrorEvent()
    {
        await using var relay = await RelayServer.StartAsync();
        await using var upstream = new RawUpstream("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999\r\n\r\ndata: one\r\n\r\ndata: tw");
        await using var node = RunningNode.Start($"ws://127.0.0.1:{relay.Port}", upstream.BaseUrl, "--model", "m");
        await node.Connected;
        using var caller = new NodeCaller(relay);
        using var response = await caller.PostAsync(NodeCaller.Body());
        var body = await response.Content.ReadAsStringAsync();
        Assert.StartsWith("data: one\r\n\r\ndata: tw\n\ndata: {\"error\":", body);
        Assert.EndsWith("\n\n", body);
    }

    [Fact]
    public async Task AChatOfAUsersHubRunsOnANode()
    {
        await using var relay = await RelayServer.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Events(ScriptedChatUpstream.Delta("hello"), ScriptedChatUpstream.Finish("stop"), "[DONE]"));
        await using var node = RunningNode.Start($"ws://127.0.0.1:{relay.Port}", upstream.BaseUrl, "--model", "m");
        await node.Connected;
        var (alice, _) = await relay.JoinAsync();
        await alice.SendTextAsync("""{"type":"ai_chat","request_id":"1","data":{"model":"m","messages":[{"role":"user","content":"hi"}]}}""");
        Assert.Equal("hello", (await alice.ReceiveJsonAsync("ai_delta")).GetProperty("data").GetProperty("text").GetString());
        Assert.Equal("stop", (await alice.ReceiveJsonAsync("ai_done")).GetProperty("data").GetProperty("finish_reason").GetString());
        await alice.SendTextAsync("""{"type":"ai_chat","request_id":"2","data":{"model":"nobodys","messages":[{"role":"user","content":"hi"}]}}""");
        Assert.Equal("ai_no_upstream", (await alice.ReceiveJsonAsync("error")).GetProperty("error").GetString());
    }

    [Fact]
    public async Task AChatThatIsStoppedAbortsTheUpstreamsRequest()
    {
        await using var relay = await RelayServer.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.SilenceAsync);
        await using var node = RunningNode.Start($"ws://127.0.0.1:{relay.Port}", upstream.BaseUrl, "--model", "m");
        await node.Connected;
        var (alice, _) = await relay.JoinAsync();
        await alice.SendTextAsync("""{"type":"ai_chat","request_id":"1","data":{"model":"m","messages":[{"role":"user","content":"hi"}]}}""");
        await upstream.Reached.WaitAsync(FakeNodeLink.Bound);
        await alice.SendTextAsync("""{"type":"ai_stop","request_id":"2","data":{"request_id":"1"}}""");
        Assert.True((await alice.ReceiveJsonAsync("ai_stopped")).GetProperty("data").GetProperty("found").GetBoolean());
        await upstream.Aborted.WaitAsync(FakeNodeLink.Bound);
    }

    [Fact]
    public async Task AChatSurvivesTheReconnectOfItsUser()
    {
        var go = new TaskCompletionSource();
        await using var relay = await RelayServer.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {ScriptedChatUpstream.Delta("before ")}\n\n"));
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {ScriptedChatUpstream.Delta("after")}\n\ndata: {ScriptedChatUpstream.Finish("stop")}\n\n"));
        });
        await using var node = RunningNode.Start($"ws://127.0.0.1:{relay.Port}", upstream.BaseUrl, "--model", "m");
        await node.Connected;
        var (lost, _) = await relay.JoinAsync();
        await lost.SendTextAsync("""{"type":"ai_chat","request_id":"1","data":{"model":"m","stream_id":"s","messages":[{"role":"user","content":"hi"}]}}""");
        Assert.Equal(0, (await lost.ReceiveJsonAsync("ai_delta")).GetProperty("data").GetProperty("index").GetInt32());
        await lost.DisposeAsync();
        go.SetResult();
        var (back, _) = await relay.JoinAsync();
        await back.SendTextAsync("""{"type":"ai_resume","request_id":"2","data":{"stream_id":"s","from":1}}""");
        var delta = await back.ReceiveJsonAsync("ai_delta");
        Assert.Equal(("""{"text":"after","index":1}""", "2"), (delta.GetProperty("data").GetRawText(), delta.GetProperty("request_id").GetString()));
        Assert.Equal("stop", (await back.ReceiveJsonAsync("ai_done")).GetProperty("data").GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task ANodeThatIsStoppedIsGoneFromTheListWhenItHasEnded()
    {
        await using var relay = await RelayServer.StartAsync();
        await using var node = RunningNode.Start($"ws://127.0.0.1:{relay.Port}", "http://127.0.0.1:1/v1", "--model", "m");
        await node.Connected;
        using var caller = new NodeCaller(relay);
        using (var listing = JsonDocument.Parse(await caller.GetAsync("/api/v1/nodes")))
            Assert.Equal("test-node", listing.RootElement.GetProperty("nodes")[0].GetProperty("node_id").GetString());
        node.Stop();
        Assert.Equal(0, await node.EndAsync());
    }
}
