using System.Net.Sockets;

namespace Relay.Tests.Agent.Proxy;

/// <summary>Plain HTTP requests and SOCKS5 on the same port.</summary>
public class ForwardTests
{
    [Fact]
    public async Task ARequestGoesToItsOriginAndTheConnectionEndsWithTheResponse()
    {
        await using var rig = await ProxyRig.StartAsync();
        var target = rig.Target();
        var client = await rig.ConnectAsync();
        await client.SendAsync($"GET http://127.0.0.1:{target.Port}/a%2Fb?c HTTP/1.1\r\nHost: other\r\nProxy-Connection: keep-alive\r\n\r\nGET http://pipelined/ HTTP/1.1\r\n\r\n");
        var far = await target.AcceptAsync();
        Assert.Equal($"GET /a%2Fb?c HTTP/1.1\r\nHost: 127.0.0.1:{target.Port}\r\nVia: 1.1 relay-agent\r\nConnection: close\r\n\r\n", await far.ReceiveHeadAsync());
        await far.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n\r\nhello");
        far.End();
        Assert.Equal("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", await client.ReceiveAllAsync());
        client.End();
        // Nothing of the second request has reached the first one's origin.
        Assert.Equal("", await far.ReceiveAllAsync());
    }

    [Theory]
    [InlineData("Content-Length: 6", "abcdef", "abcdef")]
    [InlineData("Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 3", "abcdef", "abc")]
    public async Task ABodyGoesWithIt(string framing, string sent, string arrives)
    {
        await using var rig = await ProxyRig.StartAsync();
        var target = rig.Target();
        var client = await rig.ConnectAsync();
        await client.SendAsync($"POST http://127.0.0.1:{target.Port}/ HTTP/1.1\r\n{framing}\r\nExpect: 100-continue\r\n\r\n");
        var far = await target.AcceptAsync();
        Assert.Contains(framing, await far.ReceiveHeadAsync());
        await far.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await client.ReceiveHeadAsync());
        await client.SendAsync(sent);
        client.End();
        Assert.Equal(arrives, await far.ReceiveAllAsync());
        await far.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
        far.End();
        Assert.Equal("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", await client.ReceiveAllAsync());
    }

    [Fact]
    public async Task AResponseThatIsCutOffIsAReset()
    {
        await using var rig = await ProxyRig.StartAsync();
        var target = rig.Target();
        var client = await rig.ConnectAsync();
        await client.SendAsync($"GET http://127.0.0.1:{target.Port}/ HTTP/1.1\r\n\r\n");
        var far = await target.AcceptAsync();
        await far.ReceiveHeadAsync();
        await far.SendAsync("HTTP/1.1 200 OK\r\nContent-");
        far.End();
        await Assert.ThrowsAsync<SocketException>(client.ReceiveAllAsync);
    }

    [Fact]
    public async Task TheRelaysRefusalIsTheResponse()
    {
        await using var rig = await ProxyRig.StartAsync();
        var client = await rig.ConnectAsync();
        await client.SendAsync("GET http://10.1.2.3/ HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403 ", await client.ReceiveAllAsync());
    }

    [Fact]
    public async Task Socks5CarriesBytesToNamesAndAddresses()
    {
        await using var rig = await ProxyRig.StartAsync();
        var target = rig.Target();
        byte[] port = [(byte)(target.Port >> 8), (byte)target.Port];
        foreach (var address in (byte[][])[[1, 127, 0, 0, 1], [3, 9, .. "localhost"u8], [3, 9, .. "127.0.0.1"u8]])
        {
            using var client = await rig.ConnectAsync();
            await client.SendAsync((byte[])[5, 1, 0, 5, 1, 0, .. address, .. port, .. "early"u8]);
            Assert.Equal("\u0005\0\u0005\0\0\u0001\0\0\0\0\0\0", await client.ReceiveAsync(12));
            using var far = await target.AcceptAsync();
            Assert.Equal("early", await far.ReceiveAsync(5));
            await far.SendAsync("back");
            far.End();
            Assert.Equal("back", await client.ReceiveAllAsync());
        }
    }

    [Fact]
    public async Task Socks5TellsWhyNot()
    {
        await using var rig = await ProxyRig.StartAsync(credentials: "ann:secret");
        using var wrong = await rig.ConnectAsync();
        await wrong.SendAsync((byte[])[5, 1, 2, 1, 3, .. "ann"u8, 5, .. "wrong"u8]);
        Assert.Equal("\u0005\u0002\u0001\u0001", await wrong.ReceiveAllAsync());
        using var right = await rig.ConnectAsync();
        await right.SendAsync((byte[])[5, 1, 2, 1, 3, .. "ann"u8, 6, .. "secret"u8, 5, 1, 0, 1, 10, 0, 0, 1, 0, 80]);
        Assert.Equal("\u0005\u0002\u0001\0\u0005\u0002\0\u0001\0\0\0\0\0\0", await right.ReceiveAllAsync());
    }
}
