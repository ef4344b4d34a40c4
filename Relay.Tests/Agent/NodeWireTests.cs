using System.Text;
using Relay.Core.Nodes.Wire;

namespace Relay.Tests.Agent;

public class NodeWireTests
{
    [Fact]
    public void EveryMessageComesBackAsItWasWritten()
    {
        KeyValuePair<string, string>[] headers = [new("content-type", "text/event-stream"), new("x-request-id", "a \"b\" <c>")];
        RoundTrip(NodeSide.Node, new NodeHello("büro-1", ["llama3", "qwen:0.5b", "模型"], 4, "relay-agent/0.1.0"));
        RoundTrip(NodeSide.Node, new NodeHeartbeat(3, 4, null));
        RoundTrip(NodeSide.Node, new NodeHeartbeat(0, 0, []));
        RoundTrip(NodeSide.Node, new NodeResponse(7, 200, headers));
        RoundTrip(NodeSide.Node, new NodeError(NodeWire.MaxRequestId, NodeErrorCodes.UpstreamFailed, "broke \n off"));
        RoundTrip(NodeSide.Node, new NodeDrain());
        RoundTrip(NodeSide.Node, new NodeCredit(7, 1));
        RoundTrip(NodeSide.Relay, new NodeWelcome(TimeSpan.FromSeconds(5), 65536, 262144, 16 << 20, "0.1.0"));
        RoundTrip(NodeSide.Relay, new NodeRequest(1, "POST", "/v1/chat/completions", headers, 123));
        RoundTrip(NodeSide.Relay, new NodeCancel(1));
        RoundTrip(NodeSide.Relay, new NodeCredit(1, NodeWire.MaxWindowBytes));
        RoundTrip(NodeSide.Relay, new NodeDrain());
        RoundTrip(NodeSide.Relay, new NodeResume());
    }

    [Fact]
    public void TheLongestMessagesFitIntoAFrame()
    {
        var models = Enumerable.Range(0, NodeWire.MaxModels).Select(i => (new string('"', NodeWire.MaxNameBytes - 4) + i.ToString("0000"))[..NodeWire.MaxNameBytes]).ToList();
        Assert.InRange(RoundTrip(NodeSide.Node, new NodeHeartbeat(1, 1, models)), 1, NodeWire.MaxControlBytes);
    }

    [Theory]
    [InlineData("""{"type":"cancel","id":1}""", NodeSide.Node, NodeWireFault.UnknownType)]
    [InlineData("""{"type":"error","id":1,"code":"busy"}""", NodeSide.Relay, NodeWireFault.UnknownType)]
    [InlineData("""{"type":"shout"}""", NodeSide.Node, NodeWireFault.UnknownType)]
    [InlineData("""{"type":1}""", NodeSide.Node, NodeWireFault.UnknownType)]
    [InlineData("{}", NodeSide.Node, NodeWireFault.UnknownType)]
    [InlineData("[]", NodeSide.Node, NodeWireFault.NotAnObject)]
    [InlineData("", NodeSide.Node, NodeWireFault.NotAnObject)]
    [InlineData("""{"type":"drain"} {}""", NodeSide.Node, NodeWireFault.NotAnObject)]
    [InlineData("""{"type":"drain","type":"drain"}""", NodeSide.Node, NodeWireFault.NotAnObject)]
    [InlineData("""{"type":"credit","id":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"credit","id":0,"bytes":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"credit","id":-1,"bytes":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"credit","id":1.5,"bytes":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"credit","id":"1","bytes":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"credit","id":9007199254740992,"bytes":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"credit","id":99999999999999999999,"bytes":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"credit","id":1,"bytes":0}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"credit","id":1,"bytes":67108865}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"hello","node_id":"","models":[],"capacity":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"hello","node_id":"a\u0000","models":[],"capacity":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"hello","node_id":"\ud800","models":[],"capacity":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"hello","node_id":"a","models":["m","m"],"capacity":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"hello","node_id":"a","models":[""],"capacity":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"hello","node_id":"a","models":"m","capacity":1}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"hello","node_id":"a","models":[],"capacity":1025}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"response","id":1,"status":101}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"response","id":1,"status":200,"headers":{"X-Upper":"a"}}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"response","id":1,"status":200,"headers":{"x":"a\r\nset-cookie: b"}}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"response","id":1,"status":200,"headers":{"x y":"a"}}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"response","id":1,"status":200,"headers":{"x":1}}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"response","id":1,"status":200,"headers":[]}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"error","id":1,"code":"Not A Code"}""", NodeSide.Node, NodeWireFault.BadMember)]
    [InlineData("""{"type":"request","id":1,"method":"PO ST","path":"/v1/models","content_length":0}""", NodeSide.Relay, NodeWireFault.BadMember)]
    [InlineData("""{"type":"request","id":1,"method":"POST","path":"http://elsewhere/","content_length":0}""", NodeSide.Relay, NodeWireFault.BadMember)]
    [InlineData("""{"type":"request","id":1,"method":"POST","path":"/v1/x?y","content_length":0}""", NodeSide.Relay, NodeWireFault.BadMember)]
    [InlineData("""{"type":"request","id":1,"method":"POST","path":"/v1/x"}""", NodeSide.Relay, NodeWireFault.BadMember)]
    [InlineData("""{"type":"welcome","heartbeat_ms":0,"chunk_bytes":65536,"window_bytes":262144,"max_body_bytes":1}""", NodeSide.Relay, NodeWireFault.BadMember)]
    [InlineData("""{"type":"welcome","heartbeat_ms":5000,"chunk_bytes":1,"window_bytes":262144,"max_body_bytes":1}""", NodeSide.Relay, NodeWireFault.BadMember)]
    public void WhatIsNoMessageIsAFault(string frame, NodeSide sender, NodeWireFault fault)
    {
        Assert.Equal(fault, NodeMessageReader.TryRead(Encoding.UTF8.GetBytes(frame), sender, out var message));
        Assert.Null(message);
    }

    [Fact]
    public void MembersThatAMessageDoesNotHaveArePassedOver()
    {
        Assert.Equal(NodeWireFault.None, NodeMessageReader.TryRead("""{"future":{"a":[1,2]},"status":"x","type":"cancel","id":3}"""u8.ToArray(), NodeSide.Relay, out var message));
        Assert.Equal(new NodeCancel(3), message);
    }

    [Fact]
    public void AFrameBeyondTheBoundIsNotEvenRead() =>
        Assert.Equal(NodeWireFault.ControlTooBig, NodeMessageReader.TryRead(new byte[NodeWire.MaxControlBytes + 1], NodeSide.Node, out _));

    [Fact]
    public void HeadersLoseWhatBelongsToOneHopAndWhatIsTheCallersOwn()
    {
        var request = NodeHeaders.OfRequest([new("Connection", "close, X-Hop"), new("X-Hop", "1"), new("Authorization", "Bearer key"), new("Cookie", "a=b"), new("Content-Type", "application/json"),
            new("X-Forwarded-For", "10.0.0.1"), new("X-Relay-Stream-Id", "s"), new("Accept", "a"), new("Accept", "b"), new("X-Bad", "ü"), new("Bad Name", "x"), new("Content-Length", "3")]);
        Assert.Equal([new("content-type", "application/json"), new("accept", "a, b")], request);
        var response = NodeHeaders.OfResponse([new("Transfer-Encoding", "chunked"), new("Content-Type", "text/event-stream"), new("Set-Cookie", "x"), new("Retry-After", "3"), new("Access-Control-Allow-Origin", "*")]);
        Assert.Equal([new("content-type", "text/event-stream"), new("retry-after", "3")], response);
        Assert.Equal(NodeWire.MaxHeaders, NodeHeaders.OfRequest(Enumerable.Range(0, 100).Select(i => new KeyValuePair<string, string>($"x-{i}", "v"))).Count);
    }

    private static int RoundTrip(NodeSide sender, NodeMessage message)
    {
        var frame = NodeMessageWriter.Write(message);
        Assert.Equal(NodeWireFault.None, NodeMessageReader.TryRead(frame, sender, out var read));
        Assert.Equal(message.GetType(), read!.GetType());
        Assert.Equal(frame, NodeMessageWriter.Write(read));
        return frame.Length;
    }
}
