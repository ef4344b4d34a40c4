using System.Net;
using Relay.Core.Nodes.Wire;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>Streams that outlive their reader's connection.</summary>
public abstract class StreamTests : NodeHttpTests
{
    private const string Id = "X-Relay-Stream-Id";

    private static readonly (string, string)[] AsS = [(Id, "s")];

    [Fact]
    public async Task AStreamGoesOnWhereAReaderLeftItAndEachByteIsSeenOnce()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var call = caller.PostAsync(NodeCaller.Body(), headers: AsS);
        var job = await node.NextAsync();
        await job.AnswerAsync();
        await job.SendAsync("data: 1\n\n");
        using (var response = await call)
        {
            Assert.Equal(("s", "0"), (response.Headers.GetValues(Id).Single(), response.Headers.GetValues("X-Relay-Stream-Offset").Single()));
            Assert.Equal("data: 1\n\n", await (await response.Content.ReadAsStreamAsync()).ReadTextAsync(9));
        }

        await job.SendAsync("data: 2\n\n");
        using var again = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s?offset=9");
        Assert.Equal(("text/event-stream", "9"), (again.Content.Headers.ContentType!.ToString(), again.Headers.GetValues("X-Relay-Stream-Offset").Single()));
        var stream = await again.Content.ReadAsStreamAsync();
        Assert.Equal("data: 2\n\n", await stream.ReadTextAsync(9));
        await job.SendAsync("data: 3\n\n", isLast: true);
        Assert.Equal("data: 3\n\n", await stream.ReadToEndAsync());

        // Also after its end, from anywhere.
        using var late = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s", headers: [("Last-Event-ID", "13")]);
        Assert.Equal(": 2\n\ndata: 3\n\n", await late.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task OnlyAnExplicitStopEndsTheWorkBeforeTheWindowDoes()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(
            static settings => settings with
            {
                Nodes = new() { IdleTimeout = TimeSpan.FromHours(1) },
                Server = settings.Server with { PingInterval = TimeSpan.FromHours(1) },
            },
            time: time);
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var (stopped, left) = (caller.PostAsync(NodeCaller.Body(), headers: AsS), caller.PostAsync(NodeCaller.Body(), headers: [(Id, "t/u")]));
        var jobs = new[] { await node.NextAsync(), await node.NextAsync() };
        foreach (var job in jobs)
        {
            await job.AnswerAsync();
            await job.SendAsync("data: x\n\n");
        }

        (await left).Dispose();
        using var running = await stopped;
        using (var answer = await caller.SendAsync(HttpMethod.Delete, "/v1/streams/s")) Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var cancelled = (await node.NextAsync<NodeCancel>()).Id;
        Assert.Equal("data: x\n\n", await (await running.Content.ReadAsStreamAsync()).ReadToEndAsync());
        using (var gone = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s")) await gone.ExpectErrorAsync(404, "stream_not_found");
        using (var gone = await caller.SendAsync(HttpMethod.Delete, "/v1/streams/s")) await gone.ExpectErrorAsync(404, "stream_not_found");

        // The other one goes on until nobody has come for the whole window; when it began depends on when the relay saw its reader go.
        var cancel = node.NextAsync<NodeCancel>();
        while (!cancel.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.WhenAny(cancel, caller.GetAsync("/v1/models"));
        }

        Assert.Equal(jobs.Sum(static job => job.Id) - cancelled, (await cancel).Id);
    }

    [Fact]
    public async Task ANewerReaderTakesTheOldersPlace()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var call = caller.PostAsync(NodeCaller.Body(), headers: AsS);
        var job = await node.NextAsync();
        await job.AnswerAsync();
        await job.SendAsync("data: 1\n\n");
        using var older = await call;
        using var newer = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s");
        await Assert.ThrowsAnyAsync<Exception>(async () => await (await older.Content.ReadAsStreamAsync()).ReadToEndAsync());
        await job.EndAsync();
        Assert.Equal("data: 1\n\n", await newer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(2000, 1 << 20)]
    [InlineData(1 << 20, 2000)]
    public async Task WhatIsNotKeptAnyMoreCannotBeResumed(int stream, int tenant)
    {
        await using var relay = await StartAsync(new RelayNodesOptions { ReplayBytes = stream, TenantReplayBytes = tenant }.With());
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        node.Serve = static async job =>
        {
            await job.AnswerAsync();
            for (var i = 0; i < 100; i++) await job.SendAsync($"data: {i:00} {new string('x', 90)}\n\n");
            await job.EndAsync();
        };
        using (var first = await caller.PostAsync(NodeCaller.Body(), headers: AsS)) Assert.Equal(10_100, (await first.Content.ReadAsStringAsync()).Length);
        using (var lost = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s?offset=0"))
            NodeExtensions.AssertError(await lost.Content.ReadAsStringAsync(), "stream_not_resumable", type: "invalid_request_error");
        using (var ahead = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s?offset=10101")) await ahead.ExpectErrorAsync(416, "offset_ahead");
        using var end = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s?offset=10100");
        Assert.Equal("", await end.Content.ReadAsStringAsync());
        if (tenant < stream) return;
        using var tail = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s?offset=9999");
        Assert.Equal($"data: 99 {new string('x', 90)}\n\n"[^101..], (await tail.Content.ReadAsStringAsync())[^101..]);
    }

    [Fact]
    public async Task IdsAreATenantsOwnAndUsedOnce()
    {
        await using var relay = await StartAsync(new RelayNodesOptions { MaxStreams = 1 }.With());
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var call = caller.PostAsync(NodeCaller.Body(), headers: AsS);
        var job = await node.NextAsync();
        using (var second = await caller.PostAsync(NodeCaller.Body(), headers: [(Id, "other")])) await second.ExpectErrorAsync(429, "too_many_streams");
        using (var elsewhere = await caller.SendAsync(HttpMethod.Get, "/t/acme/v1/streams/s")) await elsewhere.ExpectErrorAsync(404, "stream_not_found");
        using (var bad = await caller.SendAsync(HttpMethod.Get, "/v1/streams/s?offset=-1")) await bad.ExpectErrorAsync(400, "invalid_offset");
        using (var bad = await caller.PostAsync(NodeCaller.Body(), headers: [(Id, new string('x', 300))])) await bad.ExpectErrorAsync(400, "invalid_stream_id");
        using (var bad = await caller.SendAsync(HttpMethod.Post, "/v1/streams/s")) await bad.ExpectErrorAsync(405, "method_not_allowed");
        await job.FailAsync();
        using var response = await call;
        await response.ExpectErrorAsync(502, "node_failed");
    }

    [Fact]
    public async Task AReaderThatStopsStopsItsOwnStreamAndNoOther()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var node = await TestNode.JoinAsync(relay);
        var calls = new[] { caller.PostAsync(NodeCaller.Body()), caller.PostAsync(NodeCaller.Body(), headers: AsS) };
        var jobs = new[] { await node.NextAsync(), await node.NextAsync() };
        var piece = new string('x', 1 << 20);
        var sending = jobs.Select(async job =>
        {
            await job.AnswerAsync();
            for (var i = 0; i < 32; i++) await job.SendAsync(piece);
            await job.EndAsync();
        }).ToArray();
        using var direct = await calls[0];
        using var resumable = await calls[1];

        // Neither is read; a third goes through all the same.
        var third = caller.PostAsync(NodeCaller.Body());
        await (await node.NextAsync()).StreamAsync("data: quick\n\n");
        Assert.Equal("data: quick\n\n", await (await third).Content.ReadAsStringAsync());
        Assert.DoesNotContain(sending, static one => one.IsCompleted);
        foreach (var response in (HttpResponseMessage[])[direct, resumable]) Assert.Equal(32 << 20, (await response.Content.ReadAsStringAsync()).Length);
        await Task.WhenAll(sending);
    }
}
