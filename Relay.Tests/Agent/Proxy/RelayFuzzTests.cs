using System.Net.Sockets;

namespace Relay.Tests.Agent.Proxy;

/// <summary>Whatever comes from the relay, the proxy lives on, each client's connection ends, and the next tunnel works. A seed that fails is printed, and replays.</summary>
public class RelayFuzzTests
{
    private const int Rounds = 40;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NothingThatTheRelaySendsStopsTheProxy(bool inChunks)
    {
        foreach (var seed in (int[])[1, Environment.TickCount])
        {
            try
            {
                await DisturbAsync(inChunks, new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}", e);
            }
        }
    }

    private static async Task DisturbAsync(bool inChunks, Random random)
    {
        var (passing, damaged, isWhole) = (0, 0, false);
        await using var between = new CutWire
        {
            Damage = bytes =>
            {
                lock (random)
                {
                    if (isWhole || passing-- > 0) return false;
                    damaged++;
                    for (var changes = 1 + random.Next(3); changes > 0; changes--) bytes.Span[random.Next(bytes.Length)] = (byte)random.Next(256);
                    return true;
                }
            },
        };
        await using var rig = await ProxyRig.StartAsync();
        between.To(rig.Relay!.Port);
        await using var cut = await ProxyRig.StartAsync(inChunks, relayUrl: $"ws://127.0.0.1:{between.Port}");
        var target = rig.Target();
        var answering = AnswerAsync(target);
        for (var round = 0; round < Rounds; round++)
        {
            lock (random) passing = random.Next(6);
            await AskAsync(cut, target.Port);
        }

        lock (random) isWhole = true;
        Assert.NotEqual(0, damaged);

        // Whoever is given the damaged link in the moment in which it ends may be refused; the next one is not.
        await AskAsync(cut, target.Port);
        using var last = await cut.OpenAsync(target.Port);
        last.End();
        Assert.Equal("answer", await last.ReceiveAllAsync());
        target.Dispose();
        await answering;
    }

    private static async Task AskAsync(ProxyRig proxy, int port)
    {
        using var client = await proxy.ConnectAsync();
        try
        {
            await client.SendAsync($"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nbytes");
            client.End();
            await client.ReceiveAllAsync();
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }
    }

    private static async Task AnswerAsync(TargetServer target)
    {
        try
        {
            while (true) _ = AnswerAsync(await target.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private static async Task AnswerAsync(LocalClient far)
    {
        try
        {
            await far.SendAsync("answer");
            far.End();
            await far.ReceiveAllAsync();
        }
        catch (SocketException)
        {
            // It was broken off.
        }
    }
}
