using System.Net;
using System.Net.Sockets;

namespace Relay.Benchmarks.Tenants;

/// <summary>What tunnels lead to: a server that gives back, or throws away, what it gets.</summary>
internal sealed class TcpSide : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public TcpSide(bool echoes)
    {
        _listener.Start();
        _ = AcceptAsync(echoes);
    }

    /// <summary>The message with which a tunnel to it begins.</summary>
    public byte[] Connect() => Chunk(System.Text.Encoding.ASCII.GetBytes($"CONNECT 127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port} HTTP/1.1\r\n\r\n"));

    /// <summary>Data as a tunnel's message.</summary>
    public static byte[] Chunk(ReadOnlySpan<byte> data)
    {
        var length = new List<byte> { 0x0A };
        for (var rest = data.Length; ; rest >>= 7)
        {
            length.Add((byte)(rest > 0x7F ? rest | 0x80 : rest));
            if (rest <= 0x7F) break;
        }

        return [.. length, .. data];
    }

    public void Dispose() => _listener.Dispose();

    private static async Task ServeAsync(TcpClient client, bool echoes)
    {
        using var owned = client;
        client.NoDelay = true;
        var buffer = new byte[64 * 1024];
        try
        {
            var stream = client.GetStream();
            while (await stream.ReadAsync(buffer) is > 0 and var count)
                if (echoes) await stream.WriteAsync(buffer.AsMemory(0, count));
        }
        catch (IOException)
        {
            // The relay broke the tunnel off.
        }
    }

    private async Task AcceptAsync(bool echoes)
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(), echoes);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The measurement is over.
        }
    }
}
