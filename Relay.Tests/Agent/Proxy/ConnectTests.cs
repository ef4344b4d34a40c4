using System.Net.Sockets;
using System.Text;

namespace Relay.Tests.Agent.Proxy;

/// <summary>CONNECT through the proxy and a real relay, on one socket for all tunnels and on one for each.</summary>
public class ConnectTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BytesGoBothWaysAndEachDirectionEndsByItself(bool inChunks)
    {
        await using var rig = await ProxyRig.StartAsync(inChunks);
        var target = rig.Target();
        var client = await rig.OpenAsync(target.Port);
        var far = await target.AcceptAsync();

        await client.SendAsync("ping");
        Assert.Equal("ping", await far.ReceiveAsync(4));
        client.End();
        Assert.Equal("", await far.ReceiveAllAsync());
        await far.SendAsync("pong");
        Assert.Equal("pong", await client.ReceiveAsync(4));
        far.End();
        Assert.Equal("", await client.ReceiveAllAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheTargetsEndLeavesTheOtherDirectionOpen(bool inChunks)
    {
        await using var rig = await ProxyRig.StartAsync(inChunks);
        var target = rig.Target();
        var client = await rig.OpenAsync(target.Port);
        var far = await target.AcceptAsync();

        await far.SendAsync("bye");
        far.End();
        Assert.Equal("bye", await client.ReceiveAllAsync());
        await client.SendAsync("still here");
        Assert.Equal("still here", await far.ReceiveAsync(10));
        client.End();
        Assert.Equal("", await far.ReceiveAllAsync());
    }

    [Fact]
    public async Task TheHeaderBlockMayBeSplitAnywhereAndBytesBehindItKeepTheirOrder()
    {
        await using var rig = await ProxyRig.StartAsync();
        var target = rig.Target();
        var request = $"CONNECT 127.0.0.1:{target.Port} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: test\r\n\r\nearly";
        for (var split = 1; split < request.Length; split++)
        {
            using var client = await rig.ConnectAsync();
            await client.SendAsync(request[..split]);
            // Only what a proxy has taken in pieces was split: the kernel may join what nobody waits for.
            await client.SendAsync(request[split..]);
            await client.SendAsync("later");
            using var far = await target.AcceptAsync();
            Assert.Equal("earlylater", await far.ReceiveAsync(10));
            Assert.Equal("HTTP/1.1 200 Connection Established\r\n\r\n", await client.ReceiveHeadAsync());
        }
    }

    [Theory]
    [InlineData("CONNECT 127.0.0.1 HTTP/1.1", 400)]
    [InlineData("CONNECT [::1] HTTP/1.1", 400)]
    [InlineData("CONNECT a@127.0.0.1:1 HTTP/1.1", 400)]
    [InlineData("CONNECT 127%2E0.0.1:1 HTTP/1.1", 400)]
    [InlineData("CONNECT 10.0.0.1:80 HTTP/1.1", 403)]
    [InlineData("CONNECT [::ffff:10.0.0.1]:80 HTTP/1.1", 403)]
    [InlineData("GET / HTTP/1.1", 405)]
    [InlineData("\u0016\u0003\u0001\u0002", 400)]
    public async Task WhatCannotBeDoneIsAnsweredAndTheConnectionEnds(string line, int status)
    {
        await using var rig = await ProxyRig.StartAsync();
        var client = await rig.ConnectAsync();
        await client.SendAsync(line + "\r\n\r\n");
        var answer = await client.ReceiveAllAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        Assert.True(answer.Split("\r\n\r\n")[1].Length > 10, answer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheRelaysRefusalComesWithItsReason(bool inChunks)
    {
        await using var rig = await ProxyRig.StartAsync(inChunks);
        var client = await rig.ConnectAsync();
        await client.SendAsync("CONNECT 192.168.7.7:80 HTTP/1.1\r\n\r\n");
        Assert.Matches(@"^HTTP/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\n.*192\.168\.", await client.ReceiveAllAsync());
    }

    [Fact]
    public async Task ATargetThatIsNotThereIs502()
    {
        await using var rig = await ProxyRig.StartAsync();
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var client = await rig.ConnectAsync();
        await client.SendAsync($"CONNECT 127.0.0.1:{((System.Net.IPEndPoint)free.LocalEndPoint!).Port} HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", await client.ReceiveAllAsync());
    }

    [Fact]
    public async Task ARelayThatIsNotThereIs502()
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        await using var rig = await ProxyRig.StartAsync(relayUrl: $"ws://{free.LocalEndPoint}");
        var client = await rig.ConnectAsync();
        await client.SendAsync("CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n");
        Assert.Contains("The relay cannot be reached", await client.ReceiveAllAsync());
    }

    [Theory]
    [InlineData(8192, 200)]
    [InlineData(8193, 400)]
    [InlineData(100_000, 400)]
    public async Task AHeaderBlockHasABound(int length, int status)
    {
        await using var rig = await ProxyRig.StartAsync();
        var target = rig.Target();
        var line = $"CONNECT 127.0.0.1:{target.Port} HTTP/1.1\r\nX: ";
        var client = await rig.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(line + new string('x', length - line.Length - 4) + "\r\n\r\n"));
        Assert.StartsWith($"HTTP/1.1 {status} ", await client.ReceiveHeadAsync());
    }

    [Fact]
    public async Task ABlockThatDoesNotEndIsRefusedAtItsFirstByteTooMany()
    {
        await using var rig = await ProxyRig.StartAsync();
        var client = await rig.ConnectAsync();
        await client.SendAsync(new string('x', 8192));
        await client.SendAsync("x");
        Assert.StartsWith("HTTP/1.1 400 ", await client.ReceiveAllAsync());
    }

    [Fact]
    public async Task WithoutTheCredentialsTheProxyIsOfNoUse()
    {
        await using var rig = await ProxyRig.StartAsync(credentials: "ann:secret");
        var target = rig.Target();
        var client = await rig.ConnectAsync();
        await client.SendAsync($"CONNECT 127.0.0.1:{target.Port} HTTP/1.1\r\n\r\n");
        Assert.Contains("Proxy-Authenticate: Basic", await client.ReceiveAllAsync());
        client = await rig.ConnectAsync();
        await client.SendAsync($"CONNECT 127.0.0.1:{target.Port} HTTP/1.1\r\nProxy-Authorization: Basic {Convert.ToBase64String("ann:secret"u8)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await client.ReceiveHeadAsync());
    }
}
