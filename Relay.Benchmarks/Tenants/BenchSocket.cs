using System.Net.WebSockets;
using System.Text;

namespace Relay.Benchmarks.Tenants;

/// <summary>A WebSocket of the framework, with messages of at most 128 KB.</summary>
internal sealed class BenchSocket : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[128 * 1024];

    private BenchSocket() => _socket.Options.KeepAliveInterval = TimeSpan.Zero;

    public static async Task<BenchSocket> OpenAsync(Uri relay, string path, CancellationToken cancel)
    {
        var socket = new BenchSocket();
        try
        {
            await socket._socket.ConnectAsync(new Uri($"ws://{relay.Authority}{path}"), cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public Task SendAsync(string text, CancellationToken cancel) => _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, cancel);

    public Task SendAsync(byte[] bytes, CancellationToken cancel) => _socket.SendAsync(bytes, WebSocketMessageType.Binary, true, cancel);

    /// <summary>The next message.</summary>
    /// <exception cref="WebSocketException">The relay has closed.</exception>
    public async Task<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancel)
    {
        var count = 0;
        while (true)
        {
            var result = await _socket.ReceiveAsync(_buffer.AsMemory(count), cancel);
            if (result.MessageType == WebSocketMessageType.Close) throw new WebSocketException($"closed: {_socket.CloseStatusDescription}");
            count += result.Count;
            if (result.EndOfMessage) return _buffer.AsMemory(0, count);
        }
    }

    /// <summary>Reads over everything up to a message with this text in it.</summary>
    public async Task ExpectAsync(string text, CancellationToken cancel)
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        while ((await ReceiveAsync(cancel)).Span.IndexOf(wanted) < 0) { }
    }

    /// <summary>Reads over everything until the relay closes.</summary>
    public async Task DrainAsync(CancellationToken cancel)
    {
        while (true) await ReceiveAsync(cancel);
    }

    public Task CloseAsync(CancellationToken cancel) => _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", cancel);

    public void Dispose() => _socket.Dispose();
}
