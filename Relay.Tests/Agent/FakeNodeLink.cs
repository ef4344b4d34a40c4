using System.Net.WebSockets;
using System.Text;
using Relay.Core.Nodes.Wire;

namespace Relay.Tests.Agent;

/// <summary>One node's socket, seen from the relay.</summary>
internal sealed class FakeNodeLink(WebSocket socket)
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _buffer = new byte[NodeWire.MaxChunkBytes + NodeChunk.HeaderBytes];

    /// <summary>Ends when the test has done with it.</summary>
    public Task Ended => _ended.Task;

    public WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public Task SendAsync(NodeMessage message) => SendTextAsync(Encoding.UTF8.GetString(NodeMessageWriter.Write(message)));

    public Task SendTextAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(Bound);

    public Task SendBytesAsync(byte[] frame) => socket.SendAsync(frame, WebSocketMessageType.Binary, true, CancellationToken.None).WaitAsync(Bound);

    public Task SendChunkAsync(long id, uint sequence, ReadOnlySpan<byte> body, bool isLast)
    {
        var frame = new byte[NodeChunk.HeaderBytes + body.Length];
        new NodeChunk(id, sequence, isLast).Write(frame);
        body.CopyTo(frame.AsSpan(NodeChunk.HeaderBytes));
        return SendBytesAsync(frame);
    }

    /// <summary>A whole request, its body in one chunk.</summary>
    public async Task RequestAsync(long id, string body = "{}", string path = "/v1/chat/completions", params KeyValuePair<string, string>[] headers)
    {
        await SendAsync(new NodeRequest(id, "POST", path, headers is [] ? [new("content-type", "application/json")] : headers, Encoding.UTF8.GetByteCount(body)));
        await SendChunkAsync(id, 0, Encoding.UTF8.GetBytes(body), isLast: true);
    }

    /// <summary>The next frame: a message of control, or a chunk; null for the close frame, and when the socket broke.</summary>
    public async Task<object?> NextAsync()
    {
        var length = 0;
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None).AsTask().WaitAsync(Bound);
                length += received.Count;
                if (!received.EndOfMessage) continue;
                if (received.MessageType == WebSocketMessageType.Close) return null;
                if (received.MessageType == WebSocketMessageType.Binary)
                {
                    Assert.Equal(NodeWireFault.None, NodeChunk.TryRead(_buffer.AsSpan(0, length), length, NodeWire.MaxChunkBytes, out var chunk));
                    return new ReceivedChunk(chunk, _buffer[NodeChunk.HeaderBytes..length]);
                }

                Assert.Equal(NodeWireFault.None, NodeMessageReader.TryRead(_buffer.AsMemory(0, length), NodeSide.Node, out var message));
                return message;
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
    }

    public async Task<T> ReceiveAsync<T>() where T : class => Assert.IsType<T>(await NextAsync());

    /// <summary>The answer to a request, which is alone on the socket.</summary>
    public async Task<(NodeResponse Head, string Body)> AnswerAsync(long id)
    {
        var head = await ReceiveAsync<NodeResponse>();
        Assert.Equal(id, head.Id);
        return (head, await BodyAsync(id));
    }

    public async Task<string> BodyAsync(long id)
    {
        using var body = new MemoryStream();
        for (var sequence = 0U; ; sequence++)
        {
            var (chunk, bytes) = await ReceiveAsync<ReceivedChunk>();
            Assert.Equal(new NodeChunk(id, sequence, chunk.IsLast), chunk);
            body.Write(bytes);
            if (chunk.IsLast) return Encoding.UTF8.GetString(body.ToArray());
        }
    }

    /// <summary>Closes, and waits for the node's answer.</summary>
    public async Task CloseAsync(int code, string reason)
    {
        await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None).WaitAsync(Bound);
        while (await NextAsync() is not null) { }
        Drop();
    }

    /// <summary>Answers the node's close frame.</summary>
    public async Task SayGoodbyeAsync()
    {
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "normal", CancellationToken.None).WaitAsync(Bound);
        Drop();
    }

    /// <summary>Breaks the connection.</summary>
    public void Drop()
    {
        socket.Abort();
        _ended.TrySetResult();
    }
}

internal sealed record ReceivedChunk(NodeChunk Chunk, byte[] Bytes);
