using System.Net.WebSockets;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary>Whole messages of the relay's, one at a time, none longer than the protocol allows.</summary>
internal sealed class FrameSource(WebSocket socket, CancellationToken cut)
{
    private byte[] _buffer = new byte[4096];

    /// <summary>The next message. Its bytes are good until the next call.</summary>
    /// <exception cref="WebSocketException">The connection is broken.</exception>
    public async ValueTask<(WebSocketMessageType Type, ReadOnlyMemory<byte> Frame, NodeWireFault Fault)> ReadAsync()
    {
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(_buffer.AsMemory(length), cut);
            length += received.Count;
            if (received.EndOfMessage) return (received.MessageType, _buffer.AsMemory(0, length), NodeWireFault.None);
            if (length < _buffer.Length) continue;
            var most = received.MessageType == WebSocketMessageType.Text ? NodeWire.MaxControlBytes : NodeChunk.HeaderBytes + NodeWire.MaxChunkBytes;
            if (length > most) return (received.MessageType, default, received.MessageType == WebSocketMessageType.Text ? NodeWireFault.ControlTooBig : NodeWireFault.ChunkTooBig);
            Array.Resize(ref _buffer, Math.Min(length * 2, most + 1));
        }
    }
}
