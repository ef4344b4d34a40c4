using System.Text.Json;
using Relay.Core.Nodes.Wire;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>Calls that go as they should.</summary>
public abstract class NodeCallTests : NodeHttpTests, IAsyncLifetime
{
    private NodeHouse _relay = null!;
    private NodeCaller _caller = null!;

    public async Task InitializeAsync()
    {
        _relay = await StartAsync();
        _caller = new(_relay);
    }

    public async Task DisposeAsync()
    {
        _caller.Dispose();
        await _relay.DisposeAsync();
    }

    [Fact]
    public async Task AStreamPassesAsItComes()
    {
        var node = await TestNode.JoinAsync(_relay);
        var sent = NodeCaller.Body(more: ",\"temperature\":0.25,\"x\":[1,{\"model\":\"inner\"}]");
        var call = _caller.PostAsync(sent);
        var job = await node.NextAsync();
        Assert.Equal(("POST", NodeCaller.Chat, sent), (job.Head.Method, job.Head.Path, job.Text));
        await job.AnswerAsync();
        await job.SendAsync("data: {\"a\":1}\n\n");
        using var response = await call;
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        var stream = await response.Content.ReadAsStreamAsync();
        Assert.Equal("data: {\"a\":1}\n\n", await stream.ReadTextAsync(15));
        // Halves of an event, and of a letter, pass at once too.
        await job.SendAsync("data: {\"b");
        Assert.Equal("data: {\"b", await stream.ReadTextAsync(9));
        await job.Node.ChunkAsync(job.Id, new byte[] { 0xC3 }, isLast: false);
        Assert.Equal(0xC3, stream.ReadByte());
        await job.SendAsync("data: [DONE]\n\n", isLast: true);
        Assert.Equal("data: [DONE]\n\n", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task AnAnswerInJsonComesWithItsLengthItsStatusAndItsHeaders()
    {
        var node = await TestNode.JoinAsync(_relay);
        node.Serve = async job =>
        {
            await job.AnswerAsync("application/json", 422, ("openai-processing-ms", "12"), ("x-request-id", "r"), ("server", "secret"));
            await job.SendAsync("{\"error\":", isLast: false);
            await job.SendAsync("{}}", isLast: true);
        };
        using var response = await _caller.PostAsync(NodeCaller.Body(stream: false), "/v1/embeddings");
        Assert.Equal((422, 12L), ((int)response.StatusCode, response.Content.Headers.ContentLength));
        Assert.Equal("{\"error\":{}}", await response.Content.ReadAsStringAsync());
        Assert.Equal(("12", "r", "n"), (response.Headers.GetValues("openai-processing-ms").Single(), response.Headers.GetValues("x-request-id").Single(), response.Headers.GetValues("X-Relay-Node").Single()));
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task WhoCallsIsNotToldToTheNode()
    {
        var node = await TestNode.JoinAsync(_relay);
        var call = _caller.PostAsync(NodeCaller.Body(), headers: [("Authorization", "Bearer secret"), ("Cookie", "a=b"), ("OpenAI-Beta", "x")]);
        var job = await node.NextAsync();
        Assert.Equal(["content-type", "openai-beta"], job.Head.Headers.Select(static header => header.Key).Order());
        await job.StreamAsync("data: x\n\n");
        (await call).Dispose();
    }

    [Fact]
    public async Task LargeBodiesPassInBothDirections()
    {
        var node = await TestNode.JoinAsync(_relay);
        var random = new Random(3);
        var text = new string([.. Enumerable.Range(0, 3_000_000).Select(_ => (char)('a' + random.Next(26)))]);
        node.Serve = async job =>
        {
            await job.AnswerAsync("application/json");
            await job.SendAsync(job.Text, isLast: true);
        };
        var body = NodeCaller.Body(stream: false, more: $",\"text\":\"{text}\"");
        using var response = await _caller.PostAsync(body, "/v1/completions");
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task TenantsSeeOnlyTheirOwnNodesAndModels()
    {
        await TestNode.JoinAsync(_relay, models: ["m", "z/a b"]);
        var other = await TestNode.JoinAsync(_relay, models: ["m", "o"], path: "/t/acme/nodes");
        other.Serve = static job => job.AnswerJsonAsync("{\"from\":\"acme\"}");
        Assert.Equal(["m", "z/a b"], Models(await _caller.GetAsync("/v1/models")));
        Assert.Equal(["m", "o"], Models(await _caller.GetAsync("/t/acme/v1/models")));
        Assert.Empty(Models(await _caller.GetAsync("/t/nobody/v1/models")));
        using var mine = await _caller.PostAsync(NodeCaller.Body("o"));
        await mine.ExpectErrorAsync(404, "model_not_found", "model");
        using var theirs = await _caller.PostAsync(NodeCaller.Body(), "/t/acme" + NodeCaller.Chat);
        Assert.Equal("{\"from\":\"acme\"}", await theirs.Content.ReadAsStringAsync());
        Assert.Contains("\"id\":\"z/a b\"", await _caller.GetAsync("/v1/models/z%2Fa%20b"));
        using var unknown = await _caller.SendAsync(HttpMethod.Get, "/v1/models/none");
        await unknown.ExpectErrorAsync(404, "model_not_found", "model");
    }

    [Fact]
    public async Task WhatBelongsTogetherGoesToTheSameNode()
    {
        var (a, b) = (await TestNode.JoinAsync(_relay, "a"), await TestNode.JoinAsync(_relay, "b"));
        a.Serve = b.Serve = static job => job.AnswerJsonAsync("{}");
        var busy = _caller.PostAsync(NodeCaller.Body());
        foreach (var (more, headers) in new[] { (",\"prompt_cache_key\":\"k\"", []), ("", new[] { ("X-Session-Id", "s") }) })
        {
            var nodes = new HashSet<string>();
            for (var i = 0; i < 6; i++)
            {
                using var response = await _caller.PostAsync(NodeCaller.Body(more: more), headers: headers);
                nodes.Add(response.Headers.GetValues("X-Relay-Node").Single());
            }

            Assert.Single(nodes);
        }

        (await busy).Dispose();
    }

    [Fact]
    public async Task ANodeThatDrainsFinishesWhatItHasAndGetsNoMore()
    {
        var node = await TestNode.JoinAsync(_relay, "a");
        var first = _caller.PostAsync(NodeCaller.Body());
        var job = await node.NextAsync();
        await node.SendAsync(new NodeDrain());
        await job.StreamAsync("data: x\n\n");
        Assert.Equal("data: x\n\n", await (await (await first).Content.ReadAsStreamAsync()).ReadToEndAsync());
        var other = await TestNode.JoinAsync(_relay, "b", capacity: 1);
        for (var i = 0; i < 3; i++)
        {
            var call = _caller.PostAsync(NodeCaller.Body());
            await (await other.NextAsync()).AnswerJsonAsync("{}");
            (await call).Dispose();
        }
    }

    private static string[] Models(string json) => [.. JsonSerializer.Deserialize<JsonElement>(json).GetProperty("data").EnumerateArray().Select(static model => model.GetProperty("id").GetString()!)];
}
