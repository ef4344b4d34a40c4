using Microsoft.AspNetCore.Http;
using Relay.Core.Nodes.Wire;
using Relay.Tests.Support;

namespace Relay.Tests.Agent;

/// <summary>How a node's connection, its requests and the node itself end.</summary>
public class NodeAgentEndsTests
{
    [Fact]
    public async Task ToldToStopItFinishesWhatRunsAndTakesNothingNew()
    {
        var go = new TaskCompletionSource();
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(async context =>
        {
            await go.Task;
            await context.Response.WriteAsync("done");
        });
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1);
        await upstream.Reached.WaitAsync(FakeNodeLink.Bound);
        node.Stop();
        await link.ReceiveAsync<NodeDrain>();
        await link.RequestAsync(2);
        Assert.Equal(NodeErrorCodes.GoingAway, (await link.ReceiveAsync<NodeError>()).Code);
        go.SetResult();
        Assert.Equal("done", (await link.AnswerAsync(1)).Body);
        Assert.Null(await link.NextAsync());
        await link.SayGoodbyeAsync();
        Assert.Equal(0, await node.EndAsync());
    }

    [Fact]
    public async Task ToldTwiceItCutsOffWhatRuns()
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.SilenceAsync);
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1);
        await upstream.Reached.WaitAsync(FakeNodeLink.Bound);
        node.Stop();
        await link.ReceiveAsync<NodeDrain>();
        node.StopNow();
        Assert.Equal(5, await node.EndAsync());
        await upstream.Aborted.WaitAsync(FakeNodeLink.Bound);
        link.Drop();
    }

    [Fact]
    public async Task ALostConnectionAbortsItsRequestsAndIsMadeAgain()
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.SilenceAsync);
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1);
        await upstream.Reached.WaitAsync(FakeNodeLink.Bound);
        link.Drop();
        await upstream.Aborted.WaitAsync(FakeNodeLink.Bound);
        var (second, hello) = await relay.WelcomeAsync();
        Assert.Equal("test-node", hello.NodeId);
        second.Drop();
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task ARefusalOfTheFirstConnectionEndsIt(int status)
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        relay.Refusal = status;
        await using var node = RunningNode.Start(relay.Url, "http://127.0.0.1:1/v1", "--model", "m");
        Assert.Equal(3, await node.EndAsync());
        Assert.Contains(status.ToString(), node.Log);
    }

    [Fact]
    public async Task AReasonThatAnotherTryWouldNotChangeEndsIt()
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var node = RunningNode.Start(relay.Url, "http://127.0.0.1:1/v1", "--model", "m");
        var link = await relay.NextAsync();
        await link.ReceiveAsync<NodeHello>();
        await link.CloseAsync(4403, "tenant_suspended");
        Assert.Equal(3, await node.EndAsync());
        Assert.Contains("tenant_suspended", node.Log);
    }

    [Theory]
    [InlineData("""{"type":"request","id":1,"method":"POST","path":"/v1/chat/completions","content_length":0}""")]
    [InlineData("not json")]
    public async Task ARelayThatDoesNotWelcomeIsLeft(string first)
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var node = RunningNode.Start(relay.Url, "http://127.0.0.1:1/v1", "--model", "m");
        var link = await relay.NextAsync();
        await link.ReceiveAsync<NodeHello>();
        await link.SendTextAsync(first);
        Assert.Null(await link.NextAsync());
        link.Drop();
        await relay.WelcomeAsync();
    }

    [Theory]
    [InlineData("01010000" + "00000000" + "0000000000000063")]
    [InlineData("01010000" + "00000001" + "0000000000000001")]
    [InlineData("01010000" + "00000000" + "0000000000000001" + "6162636465")]
    [InlineData("01000000" + "00000000" + "0000000000000001")]
    [InlineData("0102")]
    public async Task ARelayThatBreaksTheProtocolIsLeftAndItsRequestsAreAborted(string hex)
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.SilenceAsync);
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.SendAsync(new NodeRequest(1, "POST", "/v1/completions", [], 3));
        await link.SendBytesAsync(Convert.FromHexString(hex));
        Assert.Null(await link.NextAsync());
        Assert.Equal(1002, (int?)link.CloseStatus);
        link.Drop();
        Assert.Equal("test-node", (await relay.WelcomeAsync()).Hello.NodeId);
    }

    [Fact]
    public async Task AnUpstreamThatIsNotThereIsToldAsSuch()
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var node = RunningNode.Start(relay.Url, "http://127.0.0.1:1/v1", "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1);
        Assert.Equal(NodeErrorCodes.UpstreamUnreachable, (await link.ReceiveAsync<NodeError>()).Code);
        link.Drop();
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", false)]
    [InlineData("", false)]
    [InlineData("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true)]
    public async Task AnUpstreamThatBreaksOffIsToldAsSuch(string answer, bool afterTheHead)
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = new RawUpstream(answer);
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1);
        if (afterTheHead) await link.ReceiveAsync<NodeResponse>();
        object? next;
        while ((next = await link.NextAsync()) is ReceivedChunk { Chunk.IsLast: false }) { }
        Assert.Equal(NodeErrorCodes.UpstreamFailed, Assert.IsType<NodeError>(next).Code);
        link.Drop();
    }

    [Theory]
    [InlineData("data: a\r\n\r\ndata: b\r\r", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 20\r\n\r\ndata: a\r\n\r\ndata: b\r\r")]
    [InlineData("\r\n\r\nx\n\r", "HTTP/1.1 502 Bad Gateway\r\ncontent-type:text/html\r\n\r\n\r\n\r\nx\n\r")]
    public async Task BytesAreNotTouched(string body, string answer)
    {
        await using var relay = await FakeNodeRelay.StartAsync();
        await using var upstream = new RawUpstream(answer);
        await using var node = RunningNode.Start(relay.Url, upstream.BaseUrl, "--model", "m");
        var (link, _) = await relay.WelcomeAsync();
        await link.RequestAsync(1);
        Assert.Equal(body, (await link.AnswerAsync(1)).Body);
        link.Drop();
    }

    [Fact]
    public async Task WhatIsNoModelServerEndsIt()
    {
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Body(200, "text/html", "<html>"));
        await using var node = RunningNode.Start("ws://127.0.0.1:1", upstream.BaseUrl);
        Assert.Equal(4, await node.EndAsync());
    }

    [Theory]
    [InlineData("--upstream", "http://127.0.0.1:1/v1")]
    [InlineData("--relay", "ws://127.0.0.1:1")]
    [InlineData("--relay", "nonsense", "--upstream", "http://127.0.0.1:1/v1")]
    [InlineData("--relay", "ws://127.0.0.1:1", "--upstream", "127.0.0.1:1")]
    [InlineData("--relay", "ws://127.0.0.1:1", "--upstream", "http://127.0.0.1:1/v1", "--concurrency", "0")]
    [InlineData("--relay", "ws://127.0.0.1:1", "--upstream", "http://127.0.0.1:1/v1", "--node-id", "")]
    [InlineData("--relay", "ws://127.0.0.1:1", "--upstream", "http://127.0.0.1:1/v1", "--upstream-key-file", "/no/such/file")]
    public async Task WrongOptionsAreToldBeforeAnythingIsTried(params string[] args)
    {
        using var rig = new AgentRig();
        Assert.Equal(2, await Relay.Agent.AgentCommands.RunAsync(["node", .. args], rig.Context()));
        Assert.NotEmpty(rig.Error.ToString());
    }
}
