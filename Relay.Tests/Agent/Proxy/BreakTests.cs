using System.Net.Sockets;
using Relay.Tests.Support;

namespace Relay.Tests.Agent.Proxy;

/// <summary>What is broken off on one side ends with a reset on the other, so that nobody takes what came for all there was.</summary>
public class BreakTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheTargetsResetReachesTheClient(bool inChunks)
    {
        await using var rig = await ProxyRig.StartAsync(inChunks);
        var target = rig.Target();
        var client = await rig.OpenAsync(target.Port);
        var far = await target.AcceptAsync();
        await far.SendAsync("some");
        Assert.Equal("some", await client.ReceiveAsync(4));
        far.Reset();
        await Assert.ThrowsAsync<SocketException>(client.ReceiveAllAsync);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheClientsResetReachesTheTarget(bool inChunks)
    {
        await using var rig = await ProxyRig.StartAsync(inChunks);
        var target = rig.Target();
        var client = await rig.OpenAsync(target.Port);
        var far = await target.AcceptAsync();
        await client.SendAsync("some");
        Assert.Equal("some", await far.ReceiveAsync(4));
        client.Reset();
        await Assert.ThrowsAsync<SocketException>(far.ReceiveAllAsync);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARelayThatIsLostInTheMiddleIsAReset(bool inChunks)
    {
        await using var between = new CutWire();
        await using var rig = await ProxyRig.StartAsync(inChunks);
        between.To(rig.Relay!.Port);
        await using var cut = await ProxyRig.StartAsync(inChunks, relayUrl: $"ws://127.0.0.1:{between.Port}");
        var target = rig.Target();
        var client = await cut.OpenAsync(target.Port);
        var far = await target.AcceptAsync();
        await far.SendAsync("half");
        Assert.Equal("half", await client.ReceiveAsync(4));
        between.Cut();
        await Assert.ThrowsAsync<SocketException>(client.ReceiveAllAsync);

        // The next one has a new link.
        client = await cut.OpenAsync(target.Port);
        far = await target.AcceptAsync();
        await far.SendAsync("whole");
        far.End();
        Assert.Equal("whole", await client.ReceiveAllAsync());
    }

    [Fact]
    public async Task ALinkThatDiedWithoutAWordIsNoticedWithin20Seconds()
    {
        var time = new ManualTime();
        await using var between = new CutWire();
        await using var rig = await ProxyRig.StartAsync();
        between.To(rig.Relay!.Port);
        await using var cut = await ProxyRig.StartAsync(relayUrl: $"ws://127.0.0.1:{between.Port}", time: time);
        var target = rig.Target();
        var client = await cut.OpenAsync(target.Port);
        await target.AcceptAsync();
        var ended = client.ReceiveAllAsync();
        between.Freeze();
        time.Advance(TimeSpan.FromSeconds(7));
        Assert.False(ended.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(13));
        await Assert.ThrowsAsync<SocketException>(() => ended);
    }

    [Fact]
    public async Task ARelayThatTakesOneTunnelForEachSocketIsFoundOut()
    {
        await using var between = new CutWire { HidesSubprotocol = true };
        await using var rig = await ProxyRig.StartAsync();
        between.To(rig.Relay!.Port);
        await using var old = await ProxyRig.StartAsync(relayUrl: $"ws://127.0.0.1:{between.Port}");
        var target = rig.Target();
        foreach (var message in (string[])["one", "two"])
        {
            var client = await old.OpenAsync(target.Port);
            var far = await target.AcceptAsync();
            await client.SendAsync(message);
            client.End();
            Assert.Equal(message, await far.ReceiveAllAsync());
            far.End();
            Assert.Equal("", await client.ReceiveAllAsync());
        }
    }
}
