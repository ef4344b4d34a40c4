using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Tunnel;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tunnel;
using Relay.Tests.Support;
using Relay.Tests.Tunnel;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Tunnel;

/// <summary>What tests of the tunnel say again and again.</summary>
internal static class TunnelRig
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>A relay whose tunnels may go to loopback.</summary>
    public static Task<RelayServer> StartAsync(Func<RelayTunnelOptions, RelayTunnelOptions>? change = null, TimeProvider? time = null, Func<RelaySettings, RelaySettings>? settings = null, ITunnelResolver? resolver = null) =>
        RelayServer.StartAsync(
            all =>
            {
                var tunnel = all.Tunnel with { Allow = Allow("127.0.0.0/8:*", "[::1]:*", "localhost:*") };
                all = all with { Tunnel = change?.Invoke(tunnel) ?? tunnel };
                return settings?.Invoke(all) ?? all;
            },
            services =>
            {
                if (resolver is not null) services.AddSingleton(resolver);
            },
            time);

    public static ImmutableArray<EgressRule> Allow(params string[] rules) => [.. rules.Select(EgressPolicyTests.Rule)];

    public static string Connect(int port) => $"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    public static Task SendChunkAsync(this RawWebSocketClient client, ReadOnlySpan<byte> data) => client.SendFrameAsync(Opcode.Binary, TunnelChunkTests.Chunk(data));

    public static Task SendChunkAsync(this RawWebSocketClient client, string data) => client.SendChunkAsync(Encoding.Latin1.GetBytes(data));

    /// <summary>The next chunk's data; null for a close frame.</summary>
    public static async Task<byte[]?> ReceiveChunkAsync(this RawWebSocketClient client)
    {
        var frame = await client.ReceiveAsync();
        if (frame.Opcode == Opcode.Close) return null;
        Assert.Equal(Opcode.Binary, frame.Opcode);
        var reader = new ChunkReader();
        Assert.True(reader.TryRead(frame.Payload, true, out var data, out var fault), fault);
        return data.ToArray();
    }

    /// <summary>As many bytes of chunks.</summary>
    public static async Task<byte[]> ReceiveBytesAsync(this RawWebSocketClient client, int count)
    {
        var all = new MemoryStream();
        while (all.Length < count) all.Write(await client.ReceiveChunkAsync() ?? throw new InvalidOperationException($"Closed after {all.Length} bytes."));
        Assert.Equal(count, all.Length);
        return all.ToArray();
    }

    /// <summary>The response to CONNECT, all of it.</summary>
    public static async Task<string> ReceiveReplyAsync(this RawWebSocketClient client) => Encoding.UTF8.GetString((await client.ReceiveChunkAsync())!);

    /// <summary>A tunnel in chunks, past its 200, and the target's end of it.</summary>
    public static async Task<(RawWebSocketClient Client, Socket Target)> TunnelAsync(this RelayServer relay, TcpListener listener, string path = "/tunnel")
    {
        var client = await relay.ConnectAsync(path);
        await client.SendChunkAsync(Connect(((IPEndPoint)listener.LocalEndpoint).Port));
        Assert.Equal("HTTP/1.1 200 Connection Established\r\n\r\n", await client.ReceiveReplyAsync());
        return (client, await listener.AcceptSocketAsync().WaitAsync(Bound));
    }

    public static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(4096);
        return listener;
    }

    public static int Port(this TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    public static async Task<byte[]> ReadAsync(this Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(at), SocketFlags.None).AsTask().WaitAsync(Bound);
            if (read == 0) throw new EndOfStreamException($"{at} of {count} bytes");
            at += read;
        }

        return bytes;
    }

    /// <summary>True: the socket's peer has ended its side. False: it was reset.</summary>
    public static async Task<bool> ReadEndAsync(this Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1], SocketFlags.None).WaitAsync(Bound) == 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public static byte[] Random(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
