using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Tunnel;
using Relay.Gateway.Tunnel;
using Relay.Tests.Support;
using Relay.WebSockets;
using static Relay.Tests.Gateway.Tunnel.TunnelRig;

namespace Relay.Tests.Gateway.Tunnel;

/// <summary>Clients that send anything, from a seed: nothing crashes or stalls the relay, and nothing of theirs stays.</summary>
public sealed class TunnelFuzzTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhateverIsSentTheRelayServesTheNext(bool many)
    {
        using var listener = Listen();
        await using var relay = await StartAsync();
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var client = many ? (await TunnelClient.ConnectAsync(relay)).Socket : await relay.ConnectAsync("/tunnel");
            try
            {
                var bytes = Enumerable.Range(0, random.Next(1, 12)).SelectMany(_ => Message(random, many, listener.Port())).ToArray();
                for (var at = 0; at < bytes.Length;)
                {
                    var count = random.Next(1, bytes.Length - at + 1);
                    await client.SendRawAsync(bytes.AsMemory(at, count));
                    at += count;
                }
            }
            catch (IOException)
            {
                // The relay has closed meanwhile.
            }

            if (random.Next(2) == 0) client.Socket.LingerState = new(true, 0);
            await client.DisposeAsync();
        }

        // Whoever they connected to is let go of, and who comes next is served.
        while (listener.Pending()) (await listener.AcceptSocketAsync()).Dispose();
        using var last = Listen();
        var (next, target) = await relay.TunnelAsync(last);
        await next.SendChunkAsync("hello");
        Assert.Equal("hello"u8.ToArray(), await target.ReadAsync(5));
        Assert.InRange(relay.Services.GetRequiredService<TunnelCounters>().Held, 0, 10_000_000);
    }

    private static byte[] Message(Random random, bool many, int port)
    {
        var noise = new byte[random.Next(40)];
        random.NextBytes(noise);
        byte[] payload = random.Next(6) switch
        {
            0 => noise,
            1 when many => [.. TunnelFrameHeader(TunnelFrameType.Open, random), 0, 0, 0, (byte)random.Next(2), .. System.Text.Encoding.ASCII.GetBytes($"127.0.0.1:{port}")],
            2 or 3 when many => [.. TunnelFrameHeader((TunnelFrameType)random.Next(11), random), .. noise],
            4 when many => [.. TunnelFrameHeader(TunnelFrameType.Data, random), .. new byte[random.Next(70_000)]],
            1 => Tests.Tunnel.TunnelChunkTests.Chunk(System.Text.Encoding.ASCII.GetBytes(Connect(port))),
            2 => Tests.Tunnel.TunnelChunkTests.Chunk(noise),
            _ => Tests.Tunnel.TunnelChunkTests.Chunk(new byte[random.Next(70_000)]),
        };
        var opcode = random.Next(12) switch { 0 => (Opcode)random.Next(16), 1 => Opcode.Ping, 2 => Opcode.Continuation, _ => Opcode.Binary };
        if (opcode >= Opcode.Close && payload.Length > 125) payload = payload[..125];
        return RawWebSocketClient.Frame(opcode, payload, fin: random.Next(8) > 0, rsv: random.Next(40) == 0 ? 1 : 0, mask: random.Next(40) > 0);
    }

    private static byte[] TunnelFrameHeader(TunnelFrameType type, Random random)
    {
        var header = new byte[TunnelFrames.HeaderSize];
        TunnelFrames.WriteHeader(header, type, (uint)random.Next(6));
        return header;
    }
}
