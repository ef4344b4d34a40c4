using System.Net.WebSockets;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary>The sending side of the node's socket: one frame at a time, in the order in which they were asked for.</summary>
internal sealed class NodeSocket(WebSocket socket, CancellationToken cut) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Sends a frame. Giving the wait up is harmless; a frame that has begun goes out whole.</summary>
    /// <exception cref="OperationCanceledException">It was given up, or the socket is cut.</exception>
    /// <exception cref="WebSocketException">The socket is broken.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, WebSocketMessageType type, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            // A token here breaks the socket for all others: only the socket's own.
            await socket.SendAsync(frame, type, endOfMessage: true, cut);
        }
        finally
        {
            _turn.Release();
        }
    }

    public ValueTask SendAsync(NodeMessage message, CancellationToken cancel) => SendAsync(NodeMessageWriter.Write(message), WebSocketMessageType.Text, cancel);

    /// <summary>Says goodbye, behind everything else.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status, string reason)
    {
        await _turn.WaitAsync(cut);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(status, reason, cut);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
