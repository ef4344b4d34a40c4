using System.Security.Cryptography;

namespace Relay.Tests.Agent.Proxy;

public class ManyTunnelsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MegabytesArriveWholeInBothDirectionsAtOnce(bool inChunks)
    {
        await using var rig = await ProxyRig.StartAsync(inChunks);
        var target = rig.Target();
        var client = await rig.OpenAsync(target.Port);
        var far = await target.AcceptAsync();
        var up = RandomNumberGenerator.GetBytes(16 << 20);
        var down = RandomNumberGenerator.GetBytes((16 << 20) + 7);
        var arrivedUp = far.ReceiveAllAsync();
        var arrivedDown = client.ReceiveAllAsync();
        await Task.WhenAll(SendAsync(client, up), SendAsync(far, down));
        Assert.Equal(SHA256.HashData(up), SHA256.HashData(System.Text.Encoding.Latin1.GetBytes(await arrivedUp)));
        Assert.Equal(SHA256.HashData(down), SHA256.HashData(System.Text.Encoding.Latin1.GetBytes(await arrivedDown)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OneOfAThousandTunnelsThatIsNotReadStopsAloneAndStopsItsSender(bool inChunks)
    {
        await using var rig = await ProxyRig.StartAsync(inChunks);
        var target = rig.Target();
        var stalled = await rig.OpenAsync(target.Port);
        var source = await target.AcceptAsync();
        var endless = PourAsync(source);
        var stalledUp = await rig.OpenAsync(target.Port);
        await target.AcceptAsync();
        var endlessUp = PourAsync(stalledUp);

        var tunnels = new List<(LocalClient Near, LocalClient Far)>();
        for (var i = 0; i < 998; i++) tunnels.Add((await rig.OpenAsync(target.Port), await target.AcceptAsync()));
        var message = new string('m', 10_000);
        await Task.WhenAll(tunnels.Select(async tunnel =>
        {
            await tunnel.Near.SendAsync(message);
            Assert.Equal(message, await tunnel.Far.ReceiveAsync(message.Length));
            await tunnel.Far.SendAsync(message);
            Assert.Equal(message, await tunnel.Near.ReceiveAsync(message.Length));
        }));

        Assert.False(endless.IsCompleted);
        Assert.False(endlessUp.IsCompleted);
        stalled.Reset();
        stalledUp.Reset();
        await endless;
        await endlessUp;
    }

    /// <summary>Sends until the connection breaks; fails when more goes in than all the buffers on the way may hold.</summary>
    private static async Task PourAsync(LocalClient into)
    {
        var bytes = new byte[256 * 1024];
        var poured = 0L;
        try
        {
            while (true)
            {
                poured += await into.Socket.SendAsync(bytes);
                Assert.True(poured < 64 << 20, "A sender was not stopped.");
            }
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // That is how it ends.
        }
    }

    private static async Task SendAsync(LocalClient from, byte[] bytes)
    {
        await from.SendAsync(bytes);
        from.End();
    }
}
