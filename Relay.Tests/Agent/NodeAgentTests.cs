using Microsoft.AspNetCore.Http;
using Relay.Core.Nodes.Wire;
using Relay.Tests.Support;

namespace Relay.Tests.Agent;

public class NodeAgentTests
{
    private const string Models = """{"object":"list","data":[{"id":"qwen"},{"id":"llama3"},{"no":"id"},{"id":7}]}""";

    [Fact]
    public async Task ModelsAreAskedFor()
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Body(200, "application/json", Models));
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--concurrency", "7", "--token", "secret");
        var (link, hello) = await relay.WelcomeAsync();
        Assert.Equal(["llama3", "qwen"], hello.Models);
        Assert.Equal(("test-node", 7), (hello.NodeId, hello.Capacity));
        Assert.Equal("Bearer secret", relay.Authorization);
        Assert.Equal("/v1/models", Assert.Single(upstream.Requests).Path);
        Assert.DoesNotContain("secret", node.Log);
        link.Drop();
    }

    [Fact]
    public async Task ARequestGoesToTheUpstreamAndItsEventsComeBackAsTheyWere()
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Events("one", "two", "[DONE]"));
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1, """{"model":"m"}""", "/v1/chat/completions", [new("content-type", "application/json"), new("accept", "text/event-stream"), new("x-request-id", "r1")]);
        var (head, body) = await link.AnswerAsync(1);
        Assert.Equal(200, head.Status);
        Assert.Contains(new("content-type", "text/event-stream; charset=utf-8"), head.Headers);
        Assert.DoesNotContain(head.Headers, header => header.Key is "transfer-encoding" or "date" or "server");
        Assert.Equal("data: one\n\ndata: two\n\ndata: [DONE]\n\n", body);
        var (path, accept, authorization, sent) = Assert.Single(upstream.Requests);
        Assert.Equal(("/v1/chat/completions", "text/event-stream", (string?)null, """{"model":"m"}"""), (path, accept, authorization, sent));
        link.Drop();
    }

    [Theory]
    [InlineData("POST", "/v1/models")]
    [InlineData("GET", "/v1/chat/completions")]
    [InlineData("POST", "/v1/chat/completions/../../admin")]
    [InlineData("POST", "/api/pull")]
    [InlineData("POST", "/v1/chat/completions/")]
    public async Task NothingElseIsForwarded(string method, string path)
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Events("no"));
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.SendAsync(new NodeRequest(1, method, path, [], 0));
        var error = await link.ReceiveAsync<NodeError>();
        Assert.Equal((1L, NodeErrorCodes.NotForwarded), (error.Id, error.Code));
        Assert.Empty(upstream.Requests);
        link.Drop();
    }

    [Fact]
    public async Task MoreThanTheConcurrencyIsBusyAndAPlaceIsFreeWithTheLastChunk()
    {
        var go = new TaskCompletionSource();
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(async context =>
        {
            await go.Task;
            await context.Response.WriteAsync("done");
        });
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m", "--concurrency", "1");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1);
        await link.RequestAsync(2);
        Assert.Equal((2L, NodeErrorCodes.Busy), (await link.ReceiveAsync<NodeError>()) is var error ? (error.Id, error.Code) : default);
        go.SetResult();
        Assert.Equal("done", (await link.AnswerAsync(1)).Body);
        await link.RequestAsync(3);
        Assert.Equal("done", (await link.AnswerAsync(3)).Body);
        link.Drop();
    }

    [Fact]
    public async Task ACancelAbortsTheUpstreamsRequestAndFreesThePlace()
    {
        var first = true;
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(context =>
        {
            if (!first) return context.Response.WriteAsync("second");
            first = false;
            return ScriptedChatUpstream.SilenceAsync(context);
        });
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m", "--concurrency", "1");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1);
        await upstream.Reached.WaitAsync(FakeNodeLink.Bound);
        await link.SendAsync(new NodeCancel(1));
        await upstream.Aborted.WaitAsync(FakeNodeLink.Bound);
        // What comes for an id that has ended is no mistake.
        await link.SendAsync(new NodeCancel(1));
        await link.SendAsync(new NodeCredit(1, 1000));
        await link.SendChunkAsync(1, 9, "late"u8, isLast: false);
        await link.RequestAsync(2);
        Assert.Equal("second", (await link.AnswerAsync(2)).Body);
        link.Drop();
    }

    [Fact]
    public async Task AnAnswerWaitsForCreditAndOthersGoOn()
    {
        var text = new string('x', 20_000);
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(context => context.Response.WriteAsync(context.Request.Path.Value!.EndsWith("embeddings", StringComparison.Ordinal) ? "small" : text));
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync(new NodeWelcome(TimeSpan.FromMinutes(1), 1024, 4096, 1 << 20, ""));
        await link.RequestAsync(1);
        await link.ReceiveAsync<NodeResponse>();
        var (cost, got) = (0, 0);
        var sequence = 0U;
        while (4096 - cost > NodeChunk.HeaderBytes)
        {
            var (chunk, bytes) = await link.ReceiveAsync<ReceivedChunk>();
            Assert.Equal(sequence++, chunk.Sequence);
            Assert.InRange(bytes.Length, 1, 1024);
            (cost, got) = (cost + NodeChunk.Cost(bytes.Length), got + bytes.Length);
        }

        Assert.True(cost <= 4096);
        // The first one stands still now, or its next chunk would be here before the other's answer.
        await link.RequestAsync(2, path: "/v1/embeddings");
        Assert.Equal("small", (await link.AnswerAsync(2)).Body);
        await link.SendAsync(new NodeCredit(1, 1_000_000));
        while (true)
        {
            var (chunk, bytes) = await link.ReceiveAsync<ReceivedChunk>();
            got += bytes.Length;
            if (chunk.IsLast) break;
        }

        Assert.Equal(text.Length, got);
        link.Drop();
    }

    [Fact]
    public async Task ALongRequestBodyGoesUpWithCredit()
    {
        var body = new byte[300_000];
        new Random(5).NextBytes(body);
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(context => context.Response.WriteAsync("ok"));
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync(new NodeWelcome(TimeSpan.FromMinutes(1), 4096, 16384, 1 << 20, ""));
        var text = Convert.ToBase64String(body);
        await link.SendAsync(new NodeRequest(1, "POST", "/v1/embeddings", [], text.Length));
        var sender = new NodeBodySender(16384);
        for (var at = 0; at < text.Length;)
        {
            while (sender.Room(4096) == 0) Assert.Equal(NodeWireFault.None, sender.Grant((await link.ReceiveAsync<NodeCredit>()).Bytes));
            var bytes = System.Text.Encoding.ASCII.GetBytes(text, at, Math.Min(sender.Room(4096), text.Length - at));
            at += bytes.Length;
            await link.SendChunkAsync(1, sender.Next(1, bytes.Length, at == text.Length).Sequence, bytes, at == text.Length);
        }

        object? next;
        while ((next = await link.NextAsync()) is NodeCredit) { }
        Assert.Equal(200, Assert.IsType<NodeResponse>(next).Status);
        Assert.Equal("ok", await link.BodyAsync(1));
        Assert.Equal(text, Assert.Single(upstream.Requests).Body);
        link.Drop();
    }
}
