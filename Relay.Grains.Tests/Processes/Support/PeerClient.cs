using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>A local-first peer, or one end of a pipe, over .NET's WebSocket.</summary>
internal sealed class PeerClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[1 << 17];

    /// <summary>Opens the introduction socket of a peer.</summary>
    public static Task<PeerClient> MeetAsync(NodeProcess gateway, string peer) => ConnectAsync(gateway, $"/introduction/{peer}");

    /// <summary>Opens one end of a pipe.</summary>
    public static Task<PeerClient> PipeAsync(NodeProcess gateway, string local, string remote) => ConnectAsync(gateway, $"/connection/{local}/{remote}/doc");

    /// <summary>Opens a member's socket of a room, and ends when the member is in: it has been sent what it said.</summary>
    public static async Task<PeerClient> EnterAsync(NodeProcess gateway, string room, string member)
    {
        var client = await ConnectAsync(gateway, "/rooms/" + room);
        await client.SendAsync(Encoding.UTF8.GetBytes(member));
        await client.HearsAsync(member);
        return client;
    }

    /// <summary>Awaits a message with this text, whatever comes before it.</summary>
    public async Task HearsAsync(string text)
    {
        while (Encoding.UTF8.GetString((await ReceiveAsync() ?? throw new InvalidOperationException("The socket was closed.")).Span) != text)
        {
            // Another one.
        }
    }

    /// <summary>Says that the peer is interested in a document.</summary>
    public Task JoinAsync(string document) => SendAsync(Encoding.UTF8.GetBytes($$"""{"type":"Join","documentIds":["{{document}}"]}"""), WebSocketMessageType.Text);

    /// <summary>The next introduction: whose it is.</summary>
    public async Task<string> MeetsAsync()
    {
        using var message = JsonDocument.Parse(await ReceiveAsync() ?? throw new InvalidOperationException("The peer was closed."));
        return message.RootElement.GetProperty("userName").GetString()!;
    }

    public Task SendAsync(byte[] message, WebSocketMessageType type = WebSocketMessageType.Binary) =>
        _socket.SendAsync(message, type, true, CancellationToken.None).WaitAsync(Journal.Patience);

    /// <summary>How it ended.</summary>
    public string End => $"{_socket.CloseStatus} {_socket.CloseStatusDescription}";

    /// <summary>The next message; null when the socket was closed.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReceiveAsync()
    {
        var length = 0;
        while (true)
        {
            var part = await _socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None).AsTask().WaitAsync(Journal.Patience);
            if (part.MessageType == WebSocketMessageType.Close) return null;
            length += part.Count;
            if (part.EndOfMessage) return _buffer.AsMemory(0, length);
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<PeerClient> ConnectAsync(NodeProcess gateway, string path)
    {
        var client = new PeerClient();
        await client._socket.ConnectAsync(new($"ws://127.0.0.1:{gateway.Port}{path}"), CancellationToken.None).WaitAsync(Journal.Patience);
        return client;
    }
}
