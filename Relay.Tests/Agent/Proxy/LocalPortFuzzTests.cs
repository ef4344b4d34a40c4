using System.Net.Sockets;
using System.Text;

namespace Relay.Tests.Agent.Proxy;

/// <summary>Whatever comes in at the local port, the proxy lives on and serves the next one. A seed that fails is printed, and replays.</summary>
public class LocalPortFuzzTests
{
    private static readonly string[] Seeds =
    [
        "CONNECT 127.0.0.1:{0} HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic eDp5\r\n\r\nbytes",
        "GET http://127.0.0.1:{0}/path HTTP/1.1\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nbytes",
        "POST http://127.0.0.1:{0}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbytes\r\n0\r\n\r\n",
        "\u0005\u0001\0\u0005\u0001\0\u0001\u007f\0\0\u0001\0\u0001bytes",
        "\u0005\u0002\0\u0002\u0005\u0001\0\u0003\u0009localhost\0\u0001bytes",
    ];

    [Fact]
    public async Task NothingAtTheLocalPortStopsTheProxy()
    {
        var fresh = Environment.TickCount;
        await using var rig = await ProxyRig.StartAsync();
        var target = rig.Target();
        var accepting = AnswerAsync(target);
        foreach (var seed in (int[])[1, fresh])
        {
            var random = new Random(seed);
            for (var round = 0; round < 400; round++)
            {
                try
                {
                    await DisturbAsync(rig, random, target.Port);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"seed {seed}, round {round}", e);
                }
            }
        }

        var client = await rig.ConnectAsync();
        await client.SendAsync($"CONNECT 127.0.0.1:{target.Port} HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await client.ReceiveHeadAsync());
        target.Dispose();
        await accepting;
    }

    private static async Task DisturbAsync(ProxyRig rig, Random random, int port)
    {
        using var client = await rig.ConnectAsync();
        var bytes = Mutate(Encoding.Latin1.GetBytes(string.Format(null, Seeds[random.Next(Seeds.Length)], port)), random);
        try
        {
            for (var at = 0; at < bytes.Length;)
            {
                var count = Math.Min(bytes.Length - at, 1 + random.Next(64));
                await client.SendAsync(bytes.AsMemory(at, count));
                at += count;
            }

            // Each ends in some way as soon as no more can come.
            client.End();
            await client.ReceiveAllAsync();
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var list = bytes.ToList();
        for (var changes = random.Next(4); changes > 0 && list.Count > 0; changes--)
        {
            var at = random.Next(list.Count);
            switch (random.Next(4))
            {
                case 0: list[at] = (byte)random.Next(256); break;
                case 1: list.RemoveAt(at); break;
                case 2: list.InsertRange(at, list.GetRange(at, Math.Min(list.Count - at, random.Next(40)))); break;
                default: list.RemoveRange(at, list.Count - at); break;
            }
        }

        return [.. list];
    }

    // The origin that the undamaged ones reach.
    private static async Task AnswerAsync(TargetServer target)
    {
        try
        {
            while (true)
            {
                var far = await target.AcceptAsync();
                _ = AnswerAsync(far);
            }
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
            await far.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            far.End();
            await far.ReceiveAllAsync();
        }
        catch (SocketException)
        {
            // It was broken off.
        }
    }
}
