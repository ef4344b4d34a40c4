using System.Net;
using System.Text.Json;
using Relay.Core.Nodes.Wire;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>What operators see of nodes, and do with them.</summary>
public abstract class NodesApiTests : NodeHttpTests
{
    [Fact]
    public async Task NodesAreListedAndDrained()
    {
        await using var relay = await StartAsync();
        using var caller = new NodeCaller(relay);
        var (a, _) = (await TestNode.JoinAsync(relay, "a/1", capacity: 9, models: ["m", "o"]), await TestNode.JoinAsync(relay, "b"));
        var call = caller.PostAsync(NodeCaller.Body());
        var job = await a.NextAsync();
        Assert.Equal(
            """{"nodes":[{"node_id":"a/1","models":["m","o"],"capacity":9,"in_flight":1,"draining":false},{"node_id":"b","models":["m"],"capacity":8,"in_flight":0,"draining":false}],"models":[{"model":"m","nodes":2,"waiting":0},{"model":"o","nodes":1,"waiting":0}]}""",
            await caller.GetAsync("/api/v1/nodes"));
        using (var drained = await caller.SendAsync(HttpMethod.Post, "/api/v1/nodes/a%2F1/drain")) Assert.Equal(HttpStatusCode.NoContent, drained.StatusCode);
        await a.NextAsync<NodeDrain>();
        await job.AnswerJsonAsync("{}");
        (await call).Dispose();
        Assert.True(JsonDocument.Parse(await caller.GetAsync("/api/v1/nodes")).RootElement.GetProperty("nodes")[0].GetProperty("draining").GetBoolean());
        using (var again = await caller.SendAsync(HttpMethod.Delete, "/api/v1/nodes/a%2F1/drain")) Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        await a.NextAsync<NodeResume>();
        using (var nobody = await caller.SendAsync(HttpMethod.Post, "/api/v1/nodes/nobody/drain")) Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
        using (var page = await caller.SendAsync(HttpMethod.Post, "/api/v1/nodes/b/drain", headers: [("Origin", "https://evil.example")])) Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        Assert.Equal("""{"nodes":[],"models":[]}""", await caller.GetAsync("/t/acme/api/v1/nodes"));
    }

    [Fact]
    public async Task ASecondSocketOfANodeIsRefusedWhileTheFirstLives()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(time: time);
        var hello = NodeMessageWriter.Write(new NodeHello("n", ["m"], 1, ""));
        var (first, second) = (await TestNode.DialAsync(relay), await TestNode.DialAsync(relay));
        await first.SendFrameAsync(Opcode.Text, hello);
        await first.ReceiveAsync();
        await second.SendFrameAsync(Opcode.Text, hello);
        Assert.Equal(Opcode.Ping, (await OnceItIsTimeAsync(first.ReceiveAsync(), time, relay)).Opcode);
        await first.SendFrameAsync(Opcode.Pong, Array.Empty<byte>());
        Assert.Equal(new ServerClose(4409, "node_id_taken"), await OnceItIsTimeAsync(second.ReceiveCloseAsync(), time, relay));
    }

    [Fact]
    public async Task ASecondSocketTakesThePlaceOfOneThatIsDead()
    {
        var time = new ManualTime();
        await using var relay = await StartAsync(time: time);
        using var caller = new NodeCaller(relay);
        var first = await TestNode.DialAsync(relay);
        var hello = NodeMessageWriter.Write(new NodeHello("n", ["m"], 1, ""));
        await first.SendFrameAsync(Opcode.Text, hello);
        await first.ReceiveAsync();
        var call = caller.PostAsync(NodeCaller.Body());
        await first.ReceiveAsync();

        // It answers nothing from here on.
        var second = await OnceItIsTimeAsync(TestNode.JoinAsync(relay), time, relay);
        using (var response = await call) await response.ExpectErrorAsync(502, "node_lost");
        call = caller.PostAsync(NodeCaller.Body());
        await (await second.NextAsync()).AnswerJsonAsync("{}");
        Assert.Equal(HttpStatusCode.OK, (await call).StatusCode);
    }

    // What is between the sockets takes its time, and then the clock has to go on.
    private static async Task<T> OnceItIsTimeAsync<T>(Task<T> awaited, ManualTime time, NodeHouse relay)
    {
        using var caller = new NodeCaller(relay);
        while (!awaited.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.WhenAny(awaited, caller.GetAsync("/v1/models"));
        }

        return await awaited;
    }
}
