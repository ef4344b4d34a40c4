using System.Net;
using Relay.Core.Nodes.Wire;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>What callers, back ends and nodes see of a relay that is being stopped: nothing new is begun there, and what runs is finished.</summary>
public sealed class NodeStopTests
{
    [Fact]
    public async Task ACallThatRunsIsFinishedAndNothingNewIsBegun()
    {
        // The stop has no end of its own here: the test ends it.
        await using var relay = await RelayServer.StartAsync(static settings => settings with { Server = settings.Server with { DrainTimeout = TimeSpan.FromHours(1) } });
        using var caller = new NodeCaller(relay.Url);
        await using var node = await TestNode.JoinAsync(relay);
        using var running = await AnsweredAsync(caller, node);

        var stopped = relay.StopAsync();
        await node.NextAsync<NodeDrain>();

        await RefusedAsync(() => caller.PostAsync(NodeCaller.Body()));
        await RefusedAsync(() => caller.SendAsync(HttpMethod.Get, "/v1/models"));
        await RefusedAsync(() => caller.PostAsync("""{"type":"news"}""", "/api/v1/users/alice/messages"));
        using (var ready = await caller.SendAsync(HttpMethod.Get, "/healthz/ready")) Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("\"capacity\":0,\"in_flight\":1", await caller.GetAsync("/api/v1/nodes"));
        Assert.False(stopped.IsCompleted);

        await running.Job.SendAsync("data: last\n\n", isLast: true);
        Assert.Equal("data: first\n\ndata: last\n\n", await (await running.Response.Content.ReadAsStreamAsync()).ReadToEndAsync());
        Assert.Equal(1001, (await node.ClosedAsync()).Code);
        await node.DisposeAsync();
        await stopped.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task ANodeThatOffersMoreWhileTheRelayStopsGetsNothing()
    {
        await using var relay = await RelayServer.StartAsync(static settings => settings with { Server = settings.Server with { DrainTimeout = TimeSpan.FromHours(1) } });
        using var caller = new NodeCaller(relay.Url);
        await using var node = await TestNode.JoinAsync(relay);
        using var running = await AnsweredAsync(caller, node);
        var stopped = relay.StopAsync();
        await node.NextAsync<NodeDrain>();
        await node.SendAsync(new NodeHeartbeat(1, 100, ["m", "other"]));
        // Behind the heartbeat, so that it has been taken.
        await running.Job.SendAsync("data: last\n\n");
        await (await running.Response.Content.ReadAsStreamAsync()).ReadTextAsync("data: first\n\ndata: last\n\n".Length);
        var listed = await caller.GetAsync("/api/v1/nodes");
        Assert.Contains("\"other\"", listed);
        Assert.Contains("\"capacity\":0", listed);
        await running.Job.EndAsync();
        await node.ClosedAsync();
        await node.DisposeAsync();
        await stopped.WaitAsync(TimeSpan.FromSeconds(30));
    }

    // A call whose answer has begun.
    private static async Task<Running> AnsweredAsync(NodeCaller caller, TestNode node)
    {
        var call = caller.PostAsync(NodeCaller.Body());
        var job = await node.NextAsync();
        await job.AnswerAsync();
        await job.SendAsync("data: first\n\n");
        return new(job, await call);
    }

    private static async Task RefusedAsync(Func<Task<HttpResponseMessage>> ask)
    {
        using var response = await ask();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("1", Assert.Single(response.Headers.GetValues("Retry-After")));
        Assert.Contains("\"going_away\"", await response.Content.ReadAsStringAsync());
    }

    private sealed record Running(NodeJob Job, HttpResponseMessage Response) : IDisposable
    {
        public void Dispose() => Response.Dispose();
    }
}
