using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>Calls and streams of two tenants that have different times, and keep different amounts; and of one whose limits change.</summary>
public sealed class TenantNodeTimesTests
{
    private static readonly (string Name, string Value) AsS = ("X-Relay-Stream-Id", "s");

    [Fact]
    public async Task AnAnswerBeginsWithinItsTenantsTime()
    {
        var time = new ManualTime();
        await using NodeHouse relay = await RelayServer.StartAsync(With("first_byte_timeout: 3s"), time: time);
        using var caller = new NodeCaller(relay);
        var (a, b) = (await CallAsync(relay, caller, "a"), await CallAsync(relay, caller, "b"));
        time.Advance(TimeSpan.FromSeconds(4));
        using (var late = await a.Answer) await late.ExpectErrorAsync(504, "first_byte_timeout");
        await b.Job.AnswerJsonAsync("{}");
        Assert.Equal(HttpStatusCode.OK, (await b.Answer).StatusCode);
    }

    [Fact]
    public async Task AnAnswerThatFallsSilentEndsWhenItsTenantsTimeDoes()
    {
        var time = new ManualTime();
        await using NodeHouse relay = await RelayServer.StartAsync(With("idle_timeout: 3s"), time: time);
        using var caller = new NodeCaller(relay);
        var bodies = new List<Stream>();
        foreach (var tenant in new[] { "a", "b" })
        {
            var (job, answer) = await CallAsync(relay, caller, tenant);
            await job.AnswerAsync();
            await job.SendAsync("data: x\n\n");
            bodies.Add(await (await answer).Content.ReadAsStreamAsync());
            Assert.Equal("data: x\n\n", await bodies[^1].ReadTextAsync(9));
            if (tenant == "b")
            {
                time.Advance(TimeSpan.FromSeconds(4));
                await job.SendAsync("data: y\n\n");
            }
        }

        NodeExtensions.AssertError((await bodies[0].ReadToEndAsync())["data: ".Length..], "idle_timeout");
        Assert.Equal("data: y\n\n", await bodies[1].ReadTextAsync(9));
    }

    [Theory]
    [InlineData("replay_bytes: 2000")]
    [InlineData("tenant_replay_bytes: 2000")]
    public async Task OfAStreamAsMuchIsKeptAsItsTenantMay(string row)
    {
        await using NodeHouse relay = await RelayServer.StartAsync(With(row));
        using var caller = new NodeCaller(relay);
        foreach (var tenant in new[] { "a", "b" })
        {
            var node = await TestNode.JoinAsync(relay, path: $"/t/{tenant}/nodes");
            node.Serve = static async job =>
            {
                await job.AnswerAsync();
                for (var i = 0; i < 100; i++) await job.SendAsync($"data: {i:00} {new string('x', 90)}\n\n");
                await job.EndAsync();
            };
            using (var first = await caller.PostAsync(NodeCaller.Body(), $"/t/{tenant}{NodeCaller.Chat}", headers: AsS)) Assert.Equal(10_100, (await first.Content.ReadAsStringAsync()).Length);
            using var again = await caller.SendAsync(HttpMethod.Get, $"/t/{tenant}/v1/streams/s?offset=0");
            var text = await again.Content.ReadAsStringAsync();
            if (tenant == "a") NodeExtensions.AssertError(text, "stream_not_resumable", type: "invalid_request_error");
            else Assert.Equal(10_100, text.Length);
        }
    }

    [Fact]
    public async Task AStreamWaitsForItsReaderAsLongAsItsTenantMay()
    {
        var time = new ManualTime();
        await using NodeHouse relay = await RelayServer.StartAsync(With("resume_window: 2s"), time: time);
        using var caller = new NodeCaller(relay);
        foreach (var tenant in new[] { "b", "a" })
        {
            var node = await TestNode.JoinAsync(relay, path: $"/t/{tenant}/nodes");
            node.Serve = static job => job.AnswerJsonAsync("{}");
            using var answer = await caller.PostAsync(NodeCaller.Body(), $"/t/{tenant}{NodeCaller.Chat}", headers: AsS);
            Assert.Equal("{}", await answer.Content.ReadAsStringAsync());
        }

        HttpStatusCode? status = null;
        for (var i = 0; i < 20 && status != HttpStatusCode.NotFound; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            // Whoever asks for more than there is reads nothing, and the window does not begin anew.
            using var ahead = await caller.SendAsync(HttpMethod.Get, "/t/a/v1/streams/s?offset=1000");
            status = ahead.StatusCode;
        }

        Assert.Equal(HttpStatusCode.NotFound, status);
        using var kept = await caller.SendAsync(HttpMethod.Get, "/t/b/v1/streams/s?offset=0");
        Assert.Equal("{}", await kept.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task ANodeIsSentNothingLongerThanItWasTold()
    {
        RelaySettings? all = null;
        var server = await RelayServer.StartAsync(settings => all = With("max_body_bytes: 2000")(settings));
        await using NodeHouse relay = server;
        using var caller = new NodeCaller(relay);
        var path = "/t/a" + NodeCaller.Chat;
        var body = NodeCaller.Body(more: $",\"x\":\"{new string('x', 2000)}\"");
        var old = await TestNode.JoinAsync(relay, "old", path: "/t/a/nodes");
        server.Services.GetRequiredService<TenantDirectory>().Take(With("max_body_bytes: 5000")(all!));
        using (var none = await caller.PostAsync(body, path)) await none.ExpectErrorAsync(502, "node_failed");

        // What fits goes to it, and what does not goes to one that came since.
        var small = caller.PostAsync(NodeCaller.Body(), path);
        await (await old.NextAsync()).AnswerJsonAsync("{}");
        Assert.Equal(HttpStatusCode.OK, (await small).StatusCode);
        var young = await TestNode.JoinAsync(relay, "young", path: "/t/a/nodes");
        Assert.Equal(5000, young.Welcome.MaxBodyBytes);
        for (var i = 0; i < 3; i++)
        {
            var big = caller.PostAsync(body, path);
            await (await young.NextAsync()).AnswerJsonAsync("{}");
            Assert.Equal(HttpStatusCode.OK, (await big).StatusCode);
        }
    }

    private static async Task<(NodeJob Job, Task<HttpResponseMessage> Answer)> CallAsync(NodeHouse relay, NodeCaller caller, string tenant)
    {
        var node = await TestNode.JoinAsync(relay, path: $"/t/{tenant}/nodes");
        var answer = caller.PostAsync(NodeCaller.Body(), $"/t/{tenant}{NodeCaller.Chat}");
        return (await node.NextAsync(), answer);
    }

    private static Func<RelaySettings, RelaySettings> With(string row) =>
        settings => settings with { Tenants = Loading.SettingsOf($"tenants: {{ a: {{ nodes: {{ {row} }} }}, b: {{}} }}").Tenants };
}
