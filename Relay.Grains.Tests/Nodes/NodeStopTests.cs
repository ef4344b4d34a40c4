using Relay.Core.Nodes.Wire;
using Relay.Grains.Tests.Support;
using Relay.Tests.Gateway.Nodes;

namespace Relay.Grains.Tests.Nodes;

/// <summary>One of two gateways is stopped while a node of its has a call of the other one.</summary>
public sealed class NodeStopTests
{
    [Fact]
    public async Task ItsNodeFinishesWhatItHasAndGetsNoMoreFromTheOther()
    {
        await using var house = await TwoGateways.StartAsync(static settings => settings with { Server = settings.Server with { DrainTimeout = TimeSpan.FromHours(1) } }, null);
        using var caller = new NodeCaller(house.Callers.Url);
        await using var leaving = await TestNode.JoinAsync(house, "a");
        var call = caller.PostAsync(NodeCaller.Body());
        var job = await leaving.NextAsync();
        await job.AnswerAsync();
        await job.SendAsync("data: first\n\n");
        using var running = await call;

        var stopped = house.Nodes.StopAsync();
        await leaving.NextAsync<NodeDrain>();
        await Eventually.Async(async () => (await caller.GetAsync("/api/v1/nodes")).Contains("\"capacity\":0", StringComparison.Ordinal));

        // With less room than the other one had.
        await using var staying = await TestNode.JoinAsync(await house.Callers.ConnectAsync("/nodes", ("Sec-WebSocket-Protocol", NodeWire.Subprotocol)), "b", capacity: 1);
        for (var i = 0; i < 3; i++)
        {
            var next = caller.PostAsync(NodeCaller.Body());
            await (await staying.NextAsync()).AnswerJsonAsync("{}");
            (await next).Dispose();
        }

        await job.SendAsync("data: last\n\n", isLast: true);
        Assert.Equal("data: first\n\ndata: last\n\n", await (await running.Content.ReadAsStreamAsync()).ReadToEndAsync());
        Assert.Equal(1001, (await leaving.ClosedAsync()).Code);
        await leaving.DisposeAsync();
        await stopped.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
