using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Errors;
using Relay.Core.Tunnel;
using Relay.Gateway.Tunnel;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using Relay.WebSockets;
using static Relay.Tests.Gateway.Tunnel.TunnelRig;

namespace Relay.Tests.Gateway.Tunnel;

public sealed class ChunkTunnelTests : IAsyncLifetime
{
    private readonly TcpListener _listener = Listen();
    private RelayServer _relay = null!;

    public async Task InitializeAsync() => _relay = await StartAsync();

    public async Task DisposeAsync()
    {
        await _relay.DisposeAsync();
        _listener.Dispose();
    }

    [Fact]
    public async Task BytesPassBothWaysAndEachDirectionEndsByItself()
    {
        var (client, target) = await _relay.TunnelAsync(_listener);
        var (up, down) = (Random(300_000), Random(3_000_000, seed: 2));
        await client.SendChunkAsync(up);
        Assert.Equal(up, await target.ReadAsync(up.Length));

        // The client ends its side, and still gets what the target sends.
        await client.SendCloseAsync(CloseCodes.Normal);
        Assert.True(await target.ReadEndAsync());
        var sending = target.SendAsync(down);
        Assert.Equal(down, await client.ReceiveBytesAsync(down.Length));
        await sending;
        target.Shutdown(SocketShutdown.Send);
        Assert.Equal(CloseCodes.Normal, (await client.ReceiveCloseAsync()).Code);
        Assert.True(await client.ReceiveEndAsync());
    }

    [Fact]
    public async Task TheTargetMayEndItsSideFirst()
    {
        var (client, target) = await _relay.TunnelAsync(_listener);
        target.Shutdown(SocketShutdown.Send);
        Assert.Equal(CloseCodes.Normal, (await client.ReceiveCloseAsync()).Code);
        await client.SendChunkAsync("still here");
        Assert.Equal("still here", Encoding.ASCII.GetString(await target.ReadAsync(10)));
        await client.SendCloseAsync(CloseCodes.Normal);
        Assert.True(await target.ReadEndAsync());
        Assert.True(await client.ReceiveEndAsync());
    }

    [Fact]
    public async Task TheHeaderBlockMayBeCutAnywhereAndTheFirstBytesMayComeWithIt()
    {
        var block = Encoding.ASCII.GetBytes(Connect(_listener.Port()) + "early");
        for (var cut = 0; cut <= block.Length; cut++)
        {
            var client = await _relay.ConnectAsync("/tunnel");
            await client.SendChunkAsync(block[..cut]);
            await client.SendChunkAsync(block[cut..]);
            Assert.StartsWith("HTTP/1.1 200 ", await client.ReceiveReplyAsync());
            using var target = await _listener.AcceptSocketAsync().WaitAsync(Bound);
            Assert.Equal("early", Encoding.ASCII.GetString(await target.ReadAsync(5)));
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task AMessageMayComeInFragmentsAndChunksWithoutDataMeanNothing()
    {
        var client = await _relay.ConnectAsync("/tunnel");
        var wire = TunnelChunkTests(Connect(_listener.Port()));
        for (var at = 0; at < wire.Length; at++)
            await client.SendFrameAsync(at == 0 ? Opcode.Binary : Opcode.Continuation, wire.AsMemory(at, 1), fin: at == wire.Length - 1);
        await client.SendFrameAsync(Opcode.Binary, Array.Empty<byte>());
        await client.SendChunkAsync("");
        Assert.StartsWith("HTTP/1.1 200 ", await client.ReceiveReplyAsync());
        await client.SendFrameAsync(Opcode.Ping, "x"u8.ToArray());
        Assert.Equal((Opcode.Pong, "x"), (await client.ReceiveAsync()) is var pong ? (pong.Opcode, pong.Text) : default);
    }

    [Theory]
    [InlineData("CONNECT 127.0.0.1 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("CONNECT a@127.0.0.1:1 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("CONNECT 127.0.0.%31:1 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 405)]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\n\r\n", 403)]
    [InlineData("CONNECT 10.0.0.1:443 HTTP/1.1\r\n\r\n", 403)]
    [InlineData("CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n", 502)]
    [InlineData("CONNECT 127.0.0.1:1 HTTP/1.1\r\nProxy-Authorization: Basic !\r\n\r\n", 407)]
    public async Task ARefusalIsAnHttpResponseAndThenTheEnd(string block, int status)
    {
        var client = await _relay.ConnectAsync("/tunnel");
        await client.SendChunkAsync(block);
        Assert.StartsWith($"HTTP/1.1 {status} ", await client.ReceiveReplyAsync());
        Assert.Equal(CloseCodes.Normal, (await client.ReceiveCloseAsync()).Code);
        await client.SendCloseAsync(CloseCodes.Normal);
        Assert.True(await client.ReceiveEndAsync());
    }

    [Fact]
    public async Task A8193rdByteOfTheHeaderBlockIsRefused()
    {
        var client = await _relay.ConnectAsync("/tunnel");
        await client.SendChunkAsync(new string('a', 8191));
        await client.SendChunkAsync("aa");
        Assert.StartsWith("HTTP/1.1 400 ", await client.ReceiveReplyAsync());
    }

    [Fact]
    [Provokes(CloseReason.TunnelLost)]
    public async Task ATargetThatResetsBreaksTheTunnelOff()
    {
        var (client, target) = await _relay.TunnelAsync(_listener);
        target.LingerState = new(true, 0);
        target.Dispose();
        Assert.Equal(new ServerClose(4502, "tunnel_lost"), await client.ReceiveCloseAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AClientThatIsLostOrClosesOtherwiseResetsTheTarget(bool says)
    {
        var (client, target) = await _relay.TunnelAsync(_listener);
        if (says) await client.SendCloseAsync(CloseCodes.GoingAway);
        else await client.DisposeAsync();
        Assert.False(await target.ReadEndAsync());
    }

    [Theory]
    [InlineData("1200")]
    [InlineData("0A020101010101")]
    [InlineData("0AFFFFFF7F")]
    public async Task AFaultyChunkIsClosedAsAProtocolError(string wire)
    {
        var (client, target) = await _relay.TunnelAsync(_listener);
        await client.SendFrameAsync(Opcode.Binary, Convert.FromHexString(wire));
        Assert.Equal(1002, (await client.ReceiveCloseAsync()).Code);
        Assert.False(await target.ReadEndAsync());
    }

    [Fact]
    public async Task ATextMessageIsClosedAsAProtocolError()
    {
        var client = await _relay.ConnectAsync("/tunnel");
        await client.SendTextAsync("hello");
        Assert.Equal(1002, (await client.ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task AReceiverThatStopsReadingStopsTheSender()
    {
        var (client, target) = await _relay.TunnelAsync(_listener);
        var bytes = Random(TunnelChunk.MaxData);
        var sent = 0;
        // More than all buffers between the two can hold.
        var sending = Task.Run(async () =>
        {
            for (; sent < 64; sent++) await client.SendChunkAsync(bytes);
        });
        Assert.False(sending.IsCompleted);
        var counters = _relay.Services.GetRequiredService<TunnelCounters>();
        for (var read = 0; read < 64; read++)
        {
            Assert.Equal(bytes, await target.ReadAsync(bytes.Length));
            Assert.InRange(counters.Held, 0, 512 * 1024);
        }

        await sending.WaitAsync(Bound);

        // And the other way.
        var back = Task.Run(async () =>
        {
            for (var left = 64; left > 0; left--) await target.SendAsync(bytes);
        });
        var received = await client.ReceiveBytesAsync(64 * bytes.Length);
        for (var read = 0; read < 64; read++) Assert.True(received.AsSpan(read * bytes.Length, bytes.Length).SequenceEqual(bytes));
        await back.WaitAsync(Bound);
    }

    private static byte[] TunnelChunkTests(string text) => Tests.Tunnel.TunnelChunkTests.Chunk(Encoding.ASCII.GetBytes(text));
}
