using System.Net.Sockets;
using System.Text;
using Relay.Core.Tunnel;
using Relay.Tests.Support;
using Relay.WebSockets;
using static Relay.Tests.Gateway.Tunnel.TunnelRig;

namespace Relay.Tests.Gateway.Tunnel;

public sealed class StreamTunnelTests : IAsyncLifetime
{
    private readonly TcpListener _listener = Listen();
    private RelayServer _relay = null!;
    private TunnelClient _client = null!;

    private string Target => $"127.0.0.1:{_listener.Port()}";

    public async Task InitializeAsync()
    {
        _relay = await StartAsync();
        _client = await TunnelClient.ConnectAsync(_relay);
    }

    public async Task DisposeAsync()
    {
        await _relay.DisposeAsync();
        _listener.Dispose();
    }

    [Fact]
    public async Task ManyTunnelsShareASocketAndEachEndsByItself()
    {
        var one = await OpenAsync(1);
        var two = await OpenAsync(7);
        await _client.SendAsync(TunnelFrameType.Data, 7, "seven"u8.ToArray());
        await _client.SendAsync(TunnelFrameType.Data, 1, "one"u8.ToArray());
        Assert.Equal("seven", Encoding.ASCII.GetString(await two.ReadAsync(5)));
        Assert.Equal("one", Encoding.ASCII.GetString(await one.ReadAsync(3)));

        await _client.SendAsync(TunnelFrameType.End, 1);
        Assert.True(await one.ReadEndAsync());
        await one.SendAsync("answer"u8.ToArray());
        Assert.Equal("answer", Encoding.ASCII.GetString(await _client.ReceiveDataAsync(1, 6)));
        one.Shutdown(SocketShutdown.Send);
        await _client.ReceiveAsync(TunnelFrameType.End, 1);

        two.Shutdown(SocketShutdown.Send);
        await _client.ReceiveAsync(TunnelFrameType.End, 7);
        await _client.SendAsync(TunnelFrameType.Data, 7, "more"u8.ToArray());
        Assert.Equal("more", Encoding.ASCII.GetString(await two.ReadAsync(4)));
        await _client.SendAsync(TunnelFrameType.End, 7);
        Assert.True(await two.ReadEndAsync());

        // What still comes for them is thrown away, and the socket is as good as before.
        await _client.SendAsync(TunnelFrameType.Data, 1, "late"u8.ToArray());
        await _client.SendAsync(TunnelFrameType.Reset, 7, 0);
        await OpenAsync(8);
    }

    [Fact]
    public async Task TheClientNeedNotWaitForTheAnswer()
    {
        await _client.OpenAsync(1, Target);
        await _client.SendAsync(TunnelFrameType.Data, 1, "early"u8.ToArray());
        await _client.SendAsync(TunnelFrameType.End, 1);
        using var target = await _listener.AcceptSocketAsync().WaitAsync(Bound);
        Assert.Equal("early", Encoding.ASCII.GetString(await target.ReadAsync(5)));
        Assert.True(await target.ReadEndAsync());
    }

    [Fact]
    public async Task TheRelaySendsNoMoreThanItHasCreditFor()
    {
        var target = await OpenAsync(1, credit: 1000);
        var bytes = Random(500_000);
        var sending = target.SendAsync(bytes);
        var first = await _client.ReceiveDataAsync(1, TunnelFrames.InitialCredit + 1000);

        // Nothing comes but the pong: the credit is used up.
        await _client.SendAsync(TunnelFrameType.Ping, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        Assert.Equal(0x0102030405060708UL, (await _client.ReceiveAsync(TunnelFrameType.Pong, 0)).Number);
        await _client.CreditAsync(1, 1_000_000);
        Assert.Equal(bytes, first.Concat(await _client.ReceiveDataAsync(1, bytes.Length - first.Length)));
        await sending;
    }

    [Fact]
    public async Task AStalledTunnelStallsNoOther()
    {
        var stalled = await OpenAsync(1);
        var other = await OpenAsync(2);
        var window = 256 * 1024;
        var bytes = Random(TunnelFrames.MaxData);

        // The target of the first does not read: credit comes until its buffers and the window are full.
        var sent = 0L;
        var credit = (long)window;
        for (var pings = 0; pings < 3;)
        {
            for (; credit > 0; pings = 0)
            {
                var count = (int)Math.Min(credit, bytes.Length);
                await _client.SendAsync(TunnelFrameType.Data, 1, bytes[..count]);
                (sent, credit) = (sent + count, credit - count);
            }

            await _client.SendAsync(TunnelFrameType.Ping, 0, new byte[8]);
            pings++;
            RelayFrame frame;
            while ((frame = await _client.ReceiveAsync()).Type == TunnelFrameType.Credit) credit += (long)frame.Number;
            Assert.Equal(TunnelFrameType.Pong, frame.Type);
        }

        await _client.SendAsync(TunnelFrameType.Data, 2, bytes[..60_000]);
        Assert.Equal(bytes[..60_000], await other.ReadAsync(60_000));
        await other.SendAsync("back"u8.ToArray());
        Assert.Equal("back", Encoding.ASCII.GetString(await _client.ReceiveDataAsync(2, 4)));
        await stalled.ReadAsync((int)sent);
    }

    [Theory]
    [InlineData("127.0.0.1", 400)]
    [InlineData("example.com:443", 403)]
    [InlineData("127.0.0.1:1", 502)]
    public async Task ARefusalSaysItsStatusAndWhy(string target, int status)
    {
        await _client.OpenAsync(1, target);
        await _client.SendAsync(TunnelFrameType.Data, 1, 1);
        var refused = await _client.ReceiveAsync(TunnelFrameType.Refused, 1);
        Assert.Equal((ulong)status, refused.Number);
        Assert.NotEmpty(refused.Text!);
        await OpenAsync(2);
    }

    [Fact]
    public async Task AResetIsAResetOnTheOtherSide()
    {
        var one = await OpenAsync(1);
        await _client.SendAsync(TunnelFrameType.Reset, 1, 0);
        Assert.False(await one.ReadEndAsync());

        var two = await OpenAsync(2);
        two.LingerState = new(true, 0);
        two.Dispose();
        Assert.Equal((ulong)TunnelReset.Broken, (await _client.ReceiveAsync(TunnelFrameType.Reset, 2)).Number);

        var three = await OpenAsync(3);
        await _client.Socket.DisposeAsync();
        Assert.False(await three.ReadEndAsync());
    }

    [Fact]
    public async Task ACloseFrameBreaksAllTunnelsOff()
    {
        var target = await OpenAsync(1);
        await _client.Socket.SendCloseAsync(CloseCodes.Normal);
        Assert.False(await target.ReadEndAsync());
        Assert.Equal(CloseCodes.Normal, (await _client.Socket.ReceiveCloseAsync()).Code);
        Assert.True(await _client.Socket.ReceiveEndAsync());
    }

    [Theory]
    [InlineData("0600000009")] // never opened
    [InlineData("010000000100000000413A31")] // opened before
    [InlineData("020000000100000000")]
    [InlineData("03000000010190")]
    [InlineData("05000000017FFFFFFF")]
    [InlineData("0A00000001")]
    [InlineData("04000000")]
    public async Task WhatBreaksTheProtocolClosesTheSocket(string wire)
    {
        var target = await OpenAsync(1);
        await _client.Socket.SendFrameAsync(Opcode.Binary, Convert.FromHexString(wire));
        Assert.Equal(1002, (await _client.Socket.ReceiveCloseAsync()).Code);
        Assert.False(await target.ReadEndAsync());
    }

    [Fact]
    public async Task DataBehindItsEndBreaksTheProtocol()
    {
        await OpenAsync(1);
        await _client.SendAsync(TunnelFrameType.End, 1);
        await _client.SendAsync(TunnelFrameType.Data, 1, 1);
        Assert.Equal(1002, (await _client.Socket.ReceiveCloseAsync()).Code);
    }

    private async Task<Socket> OpenAsync(uint stream, uint credit = 0)
    {
        await _client.OpenAsync(stream, Target, credit);
        var opened = await _client.ReceiveAsync(TunnelFrameType.Opened, stream);
        Assert.Equal(256UL * 1024 - TunnelFrames.InitialCredit, opened.Number);
        return await _listener.AcceptSocketAsync().WaitAsync(Bound);
    }
}
