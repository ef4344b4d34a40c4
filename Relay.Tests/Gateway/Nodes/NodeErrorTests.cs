using System.Net;
using Relay.Core.Nodes.Wire;
using Relay.Gateway.Hosting;
using Relay.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>What goes wrong with a call is told in OpenAI's error shape, with the right status.</summary>
public abstract class NodeErrorTests : NodeHttpTests
{
    [Theory]
    [InlineData("", "invalid_body", null)]
    [InlineData("{", "invalid_body", null)]
    [InlineData("[1]", "invalid_body", null)]
    [InlineData("{\"model\":\"m\"} x", "invalid_body", null)]
    [InlineData("{}", "invalid_body", "model")]
    [InlineData("{\"model\":7}", "invalid_body", "model")]
    [InlineData("{\"model\":\"\"}", "invalid_body", "model")]
    [InlineData("{\"model\":\"\\ud800\"}", "invalid_body", null)]
    [InlineData("{\"model\":\"m\",\"stream\":\"true\"}", "invalid_body", "stream")]
    [InlineData("{\"model\":\"m\",\"prompt_cache_key\":1}", "invalid_body", "prompt_cache_key")]
    public async Task ABadBodyIs400(string body, string code, string? param)
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        await TestNode.JoinAsync(relay);
        using var response = await caller.PostAsync(body);
        await response.ExpectErrorAsync(400, code, param);
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", 405, "method_not_allowed")]
    [InlineData("DELETE", "/v1/embeddings", 405, "method_not_allowed")]
    [InlineData("POST", "/v1/models", 405, "method_not_allowed")]
    [InlineData("POST", "/v1/images", 404, "not_found")]
    [InlineData("POST", "/t/acme/v1/none/of/it", 404, "not_found")]
    [InlineData("POST", "/v1/completions", 404, "model_not_found")]
    public async Task WhatIsNotThereIsToldInTheSameShape(string method, string path, int status, string code)
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        using var response = await caller.SendAsync(new(method), path, method == "POST" ? NodeCaller.Body() : null);
        await response.ExpectErrorAsync(status, code, code == "model_not_found" ? "model" : null);
        Assert.Equal(status == 405, response.Content.Headers.Allow.Count > 0);
    }

    [Fact]
    public async Task ABodyOverTheLimitIs413AndOnesOverTheBudget503()
    {
        await using var relay = await StartAsync(new RelayNodesOptions { MaxBodyBytes = 2000, MaxWaitingBytes = 2500 }.With());
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        using (var big = await caller.PostAsync(NodeCaller.Body(more: $",\"x\":\"{new string('x', 2000)}\""))) await big.ExpectErrorAsync(413, "body_too_big");
        var call = caller.PostAsync(NodeCaller.Body(more: $",\"x\":\"{new string('x', 1500)}\""));
        var job = await node.NextAsync();
        using (var second = await caller.PostAsync(NodeCaller.Body(more: $",\"x\":\"{new string('x', 1500)}\""))) await second.ExpectErrorAsync(503, "no_capacity");
        await job.AnswerJsonAsync("{}");
        (await call).Dispose();
        var third = caller.PostAsync(NodeCaller.Body(more: $",\"x\":\"{new string('x', 1500)}\""));
        await (await node.NextAsync()).AnswerJsonAsync("{}");
        Assert.Equal(HttpStatusCode.OK, (await third).StatusCode);
    }

    [Fact]
    public async Task ATenantsRequestsLeaveRoomForAnotherTenants()
    {
        await using var relay = await StartAsync(new RelayNodesOptions { MaxBodyBytes = 2000, MaxWaitingBytes = 6000 }.With());
        using var caller = new NodeCaller(relay);
        var (its, others) = (await TestNode.JoinAsync(relay), await TestNode.JoinAsync(relay, path: "/t/acme/nodes"));
        var body = NodeCaller.Body(more: $",\"x\":\"{new string('x', 1500)}\"");
        var (first, second) = (caller.PostAsync(body), caller.PostAsync(body));
        var jobs = new[] { await its.NextAsync(), await its.NextAsync() };
        using (var third = await caller.PostAsync(body)) await third.ExpectErrorAsync(503, "no_capacity");
        var theirs = caller.PostAsync(body, "/t/acme" + NodeCaller.Chat);
        await (await others.NextAsync()).AnswerJsonAsync("{}");
        foreach (var job in jobs) await job.AnswerJsonAsync("{}");
        foreach (var call in new[] { first, second, theirs }) Assert.Equal(HttpStatusCode.OK, (await call).StatusCode);
    }

    [Fact]
    public async Task WhoFindsNoRoomInTimeIsToldWhenToComeAgain()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(new RelayNodesOptions { QueueTime = TimeSpan.FromSeconds(3), QueueLength = 1 }.With(), time: time);
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay, capacity: 1);
        var first = caller.PostAsync(NodeCaller.Body());
        var job = await node.NextAsync();
        var (second, third) = (caller.PostAsync(NodeCaller.Body()), caller.PostAsync(NodeCaller.Body()));
        using (var full = await await Task.WhenAny(second, third))
        {
            await full.ExpectErrorAsync(503, "no_capacity");
            Assert.Equal(TimeSpan.FromSeconds(3), full.Headers.RetryAfter!.Delta);
        }

        time.Advance(TimeSpan.FromSeconds(4));
        foreach (var call in (Task<HttpResponseMessage>[])[second, third]) Assert.Equal(HttpStatusCode.ServiceUnavailable, (await call).StatusCode);
        await job.AnswerJsonAsync("{}");
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
    }

    [Theory]
    [InlineData("text/html", 200)]
    [InlineData("text/html", 502)]
    [InlineData("application/octet-stream", 200)]
    [InlineData("nonsense", 200)]
    public async Task AnUpstreamThatAnswersSomethingElseIs502(string type, int status)
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var call = caller.PostAsync(NodeCaller.Body());
        var job = await node.NextAsync();
        await job.AnswerAsync(type, status);
        await job.SendAsync("<html>", isLast: true);
        using var response = await call;
        await response.ExpectErrorAsync(502, "bad_upstream");
    }

    [Fact]
    public async Task ANodeThatFailsGivesWayToAnotherAsLongAsNothingWasPassedOn()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var (a, b) = (await TestNode.JoinAsync(relay, "a", capacity: 9), await TestNode.JoinAsync(relay, "b"));
        var call = caller.PostAsync(NodeCaller.Body());
        var job = await a.NextAsync();
        await job.AnswerAsync("application/json");
        await job.SendAsync("{\"half\":");
        await job.FailAsync();
        await (await b.NextAsync()).AnswerJsonAsync("{\"from\":\"b\"}");
        using (var response = await call) Assert.Equal("{\"from\":\"b\"}", await response.Content.ReadAsStringAsync());

        call = caller.PostAsync(NodeCaller.Body());
        await a.NextAsync();
        await a.DisposeAsync();
        await (await b.NextAsync()).FailAsync(NodeErrorCodes.Busy);
        using (var response = await call) await response.ExpectErrorAsync(502, "node_failed");
    }

    [Theory]
    [InlineData("data: x\n\n", "")]
    [InlineData("data: x\r\n\r\n", "")]
    [InlineData("data: x\r\rdata: {\"ha", "\n\n")]
    public async Task AStreamThatBreaksOffEndsWithAnErrorEvent(string begun, string between)
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var (a, b) = (await TestNode.JoinAsync(relay, "a", capacity: 9), await TestNode.JoinAsync(relay, "b"));
        var call = caller.PostAsync(NodeCaller.Body());
        var job = await a.NextAsync();
        await job.AnswerAsync();
        await job.SendAsync(begun);
        using var response = await call;
        var stream = await response.Content.ReadAsStreamAsync();
        Assert.Equal(begun, await stream.ReadTextAsync(begun.Length));
        await a.DisposeAsync();
        var rest = await stream.ReadToEndAsync();
        Assert.StartsWith(between + "data: ", rest, StringComparison.Ordinal);
        Assert.EndsWith("}\n\n", rest, StringComparison.Ordinal);
        NodeExtensions.AssertError(rest[(between.Length + 6)..].Trim(), "node_lost");
        Assert.Equal("b", b.Id);
    }

    [Fact]
    public async Task ANodeThatSaysNothingIs504AndOneThatFallsSilentEndsTheStream()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(new RelayNodesOptions { FirstByteTimeout = TimeSpan.FromSeconds(20), IdleTimeout = TimeSpan.FromSeconds(10) }.With(), time: time);
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var (silent, begun) = (caller.PostAsync(NodeCaller.Body()), caller.PostAsync(NodeCaller.Body()));
        var (job, other) = (await node.NextAsync(), await node.NextAsync());
        await job.AnswerAsync();
        await job.SendAsync("data: x\n\n");
        using var stream = await await Task.WhenAny(silent, begun);
        var body = await stream.Content.ReadAsStreamAsync();
        Assert.Equal("data: x\n\n", await body.ReadTextAsync(9));
        time.Advance(TimeSpan.FromSeconds(9));
        await job.SendAsync("data: y\n\n");
        Assert.Equal("data: y\n\n", await body.ReadTextAsync(9));
        await caller.GetAsync("/v1/models");
        time.Advance(TimeSpan.FromSeconds(9));
        time.Advance(TimeSpan.FromSeconds(3));
        NodeExtensions.AssertError((await body.ReadToEndAsync())["data: ".Length..], "idle_timeout");
        using var refused = await (stream == await silent ? begun : silent);
        await refused.ExpectErrorAsync(504, "first_byte_timeout");
        Assert.Equal([job.Id, other.Id], new[] { (await node.NextAsync<NodeCancel>()).Id, (await node.NextAsync<NodeCancel>()).Id }.Order());
    }

    [Fact]
    public async Task ACallerThatLeavesCancelsTheWorkAlsoBeforeTheFirstByte()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay, capacity: 1);
        using (var gone = new CancellationTokenSource())
        {
            var call = caller.PostAsync(NodeCaller.Body(), gone: gone.Token);
            var job = await node.NextAsync();
            await gone.CancelAsync();
            Assert.Equal(job.Id, (await node.NextAsync<NodeCancel>()).Id);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        var begun = caller.PostAsync(NodeCaller.Body());
        var second = await node.NextAsync();
        await second.AnswerAsync();
        await second.SendAsync("data: x\n\n");
        (await begun).Dispose();
        Assert.Equal(second.Id, (await node.NextAsync<NodeCancel>()).Id);
    }

    [Fact]
    public void WhereAStreamEndsIsKnown()
    {
        foreach (var (text, inside) in new[] { ("", false), ("a", true), ("a\n", true), ("a\n\n", false), ("a\r\n", true), ("a\r\n\r\n", false), ("a\r\r", false), ("a\n\r\n", false), ("a\n\nb", true) })
        {
            var (whole, pieces) = (new StreamTail(), new StreamTail());
            whole.Add(System.Text.Encoding.UTF8.GetBytes(text));
            foreach (var letter in text) pieces.Add([(byte)letter]);
            Assert.Equal((inside, inside), (whole.IsInside, pieces.IsInside));
        }
    }
}
