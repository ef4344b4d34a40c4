using Relay.Core.Nodes.Wire;

namespace Relay.Tests.Agent;

public class NodeChunkTests
{
    private const int Max = 65536;

    [Fact]
    public void AHeaderIsSixteenBytesInNetworkOrder()
    {
        var frame = new byte[17];
        new NodeChunk(0x0102030405060708 & NodeWire.MaxRequestId, 0x0a0b0c0d, true).Write(frame);
        Assert.Equal("01010000" + "0a0b0c0d" + "0002030405060708" + "00", Convert.ToHexStringLower(frame));
        Assert.Equal(NodeWireFault.None, NodeChunk.TryRead(frame, frame.Length, Max, out var chunk));
        Assert.Equal(new NodeChunk(0x0002030405060708, 0x0a0b0c0d, true), chunk);
    }

    [Theory]
    [InlineData("", NodeWireFault.BadHeader)]
    [InlineData("010100000000000000000000000001", NodeWireFault.BadHeader)]
    [InlineData("00000000000000000000000000000001", NodeWireFault.BadHeader)]
    [InlineData("02000000000000000000000000000001", NodeWireFault.BadHeader)]
    [InlineData("01020000000000000000000000000001", NodeWireFault.BadHeader)]
    [InlineData("01000001000000000000000000000001", NodeWireFault.BadHeader)]
    [InlineData("01010000000000000000000000000000", NodeWireFault.BadHeader)]
    [InlineData("0101000000000000ffffffffffffffff", NodeWireFault.BadHeader)]
    [InlineData("01010000000000000020000000000000", NodeWireFault.BadHeader)]
    [InlineData("01000000000000000000000000000001", NodeWireFault.EmptyChunk)]
    [InlineData("01010000000000000000000000000001", NodeWireFault.None)]
    [InlineData("0100000000000000000000000000000161", NodeWireFault.None)]
    public void WhatIsNoHeaderIsAFault(string hex, NodeWireFault fault)
    {
        var frame = Convert.FromHexString(hex);
        Assert.Equal(fault, NodeChunk.TryRead(frame, frame.Length, Max, out _));
    }

    [Fact]
    public void AFrameIsBoundByItsLengthBeforeAllOfItIsThere()
    {
        var beginning = new byte[NodeChunk.HeaderBytes];
        new NodeChunk(1, 0, false).Write(beginning);
        Assert.Equal(NodeWireFault.None, NodeChunk.TryRead(beginning, NodeChunk.HeaderBytes + Max, Max, out _));
        Assert.Equal(NodeWireFault.ChunkTooBig, NodeChunk.TryRead(beginning, NodeChunk.HeaderBytes + Max + 1, Max, out _));
    }

    [Fact]
    public void ABodyIsCheckedChunkByChunk()
    {
        var body = new NodeBodyReceiver(4096);
        Assert.Equal(NodeWireFault.WrongSequence, body.Take(new(1, 1, false), 10));
        Assert.Equal(NodeWireFault.None, body.Take(new(1, 0, false), 10));
        Assert.Equal(NodeWireFault.WrongSequence, body.Take(new(1, 0, false), 10));
        Assert.Equal(NodeWireFault.BeyondCredit, body.Take(new(1, 1, false), 4096 - 16 - 10 - 16 + 1));
        Assert.Equal(NodeWireFault.None, body.Take(new(1, 1, false), 4096 - 16 - 10 - 16));
        Assert.Equal(NodeWireFault.BeyondCredit, body.Take(new(1, 2, true), 1));
        Assert.Equal(NodeWireFault.None, body.Take(new(1, 2, true), 0));
        Assert.Equal(NodeWireFault.AfterLast, body.Take(new(1, 3, true), 0));
    }

    [Fact]
    public void CreditIsSavedUpToHalfAWindow()
    {
        var body = new NodeBodyReceiver(4096);
        Assert.Equal(NodeWireFault.None, body.Take(new(1, 0, false), 1000));
        Assert.Equal(0, body.Pass(1000));
        Assert.Equal(NodeWireFault.None, body.Take(new(1, 1, false), 1016));
        Assert.Equal(2048, body.Pass(1016));
        Assert.Equal(NodeWireFault.None, body.Take(new(1, 2, true), 4080));
        Assert.Equal(0, body.Pass(4080));
    }

    [Fact]
    public void ASenderNeverGoesBeyondItsCredit()
    {
        var body = new NodeBodySender(4096);
        Assert.Equal(1024, body.Room(1024));
        Assert.Equal(4080, body.Room(Max));
        Assert.Equal(new NodeChunk(1, 0, false), body.Next(1, 4080, false));
        Assert.Equal(0, body.Room(Max));
        Assert.Throws<InvalidOperationException>(() => body.Next(1, 1, false));
        Assert.Throws<InvalidOperationException>(() => body.Next(1, 0, false));
        Assert.Equal(NodeWireFault.TooMuchCredit, body.Grant(NodeWire.MaxWindowBytes + 1));
        Assert.Equal(NodeWireFault.None, body.Grant(17));
        Assert.Equal(new NodeChunk(1, 1, false), body.Next(1, 1, false));
        Assert.Equal(new NodeChunk(1, 2, true), body.Next(1, 0, true));
        Assert.Throws<InvalidOperationException>(() => body.Next(1, 0, true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WhateverASenderSendsAReceiverTakes(int seed)
    {
        var random = new Random(seed);
        var (sender, receiver) = (new NodeBodySender(8192), new NodeBodyReceiver(8192));
        var underWay = new Queue<(NodeChunk Chunk, int Bytes)>();
        var unread = new Queue<int>();
        var (sent, read) = (0L, 0L);
        while (read < 1_000_000)
        {
            if (random.Next(2) == 0 && sent < 1_000_000 && sender.Room(Max) is > 0 and var room)
            {
                var bytes = random.Next(1, room + 1);
                sent += bytes;
                underWay.Enqueue((sender.Next(9, bytes, false), bytes));
            }

            if (random.Next(2) == 0 && underWay.TryDequeue(out var next))
            {
                Assert.Equal(NodeWireFault.None, receiver.Take(next.Chunk, next.Bytes));
                unread.Enqueue(next.Bytes);
            }

            if (random.Next(2) == 0 && unread.TryDequeue(out var passed))
            {
                read += passed;
                if (receiver.Pass(passed) is > 0 and var credit) Assert.Equal(NodeWireFault.None, sender.Grant(credit));
            }

            Assert.True(sender.Room(Max) > 0 || underWay.Count + unread.Count > 0, "both ends wait for each other");
        }
    }

    [Fact]
    public void NoBytesMakeTheReadersThrow()
    {
        const int seed = 20261122;
        var random = new Random(seed);
        byte[][] good = [.. new NodeMessage[] { new NodeHello("n", ["m"], 1, "v"), new NodeHeartbeat(1, 1, ["m"]), new NodeResponse(1, 200, [new("a", "b")]), new NodeError(1, "busy", "m"),
            new NodeRequest(1, "POST", "/v1/chat/completions", [new("a", "b")], 5), new NodeCredit(1, 1), new NodeWelcome(TimeSpan.FromSeconds(1), 1024, 4096, 1, "v") }.Select(NodeMessageWriter.Write)];
        for (var i = 0; i < 50_000; i++)
        {
            var frame = good[random.Next(good.Length)].ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                frame[random.Next(frame.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)"{}[]\",:\\u0d81"[random.Next(13)];
            if (random.Next(4) == 0) frame = frame[..random.Next(frame.Length)];
            var fault = NodeMessageReader.TryRead(frame, (NodeSide)random.Next(2), out var message);
            Assert.Equal(fault == NodeWireFault.None, message is not null);
            _ = NodeChunk.TryRead(frame, frame.Length, Max, out _);
        }
    }
}
