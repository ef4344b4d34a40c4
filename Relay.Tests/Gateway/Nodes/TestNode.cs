using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Relay.Core.Nodes.Wire;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>A request as a node has got it.</summary>
internal sealed record NodeJob(TestNode Node, NodeRequest Head, byte[] Body)
{
    public long Id => Head.Id;

    public string Text => Encoding.UTF8.GetString(Body);

    public Task AnswerAsync(string contentType = "text/event-stream", int status = 200, params (string Name, string Value)[] more) =>
        Node.SendAsync(new NodeResponse(Id, status, [new("content-type", contentType), .. more.Select(static one => KeyValuePair.Create(one.Name, one.Value))]));

    public Task SendAsync(string text, bool isLast = false) => Node.ChunkAsync(Id, Encoding.UTF8.GetBytes(text), isLast);

    public Task EndAsync() => Node.ChunkAsync(Id, default, isLast: true);

    public Task FailAsync(string code = NodeErrorCodes.UpstreamFailed) => Node.SendAsync(new NodeError(Id, code, "said the node"));

    /// <summary>A whole answer in JSON.</summary>
    public async Task AnswerJsonAsync(string json, int status = 200)
    {
        await AnswerAsync("application/json", status);
        await SendAsync(json, isLast: true);
    }

    /// <summary>A whole stream.</summary>
    public async Task StreamAsync(params string[] chunks)
    {
        await AnswerAsync();
        foreach (var chunk in chunks) await SendAsync(chunk);
        await EndAsync();
    }
}

/// <summary>A node over a socket of its own: keeps to the protocol by itself where a test does not want it otherwise.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly Channel<NodeJob> _jobs = Channel.CreateUnbounded<NodeJob>();
    private readonly Channel<NodeMessage> _messages = Channel.CreateUnbounded<NodeMessage>();
    private readonly ConcurrentDictionary<long, Body> _bodies = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Task _reading;

    private TestNode(RawWebSocketClient socket, string id, NodeWelcome welcome)
    {
        (Socket, Id, Welcome) = (socket, id, welcome);
        _reading = ReadAsync();
    }

    public RawWebSocketClient Socket { get; }

    public string Id { get; }

    public NodeWelcome Welcome { get; }

    /// <summary>What is done with each job, at once; without it a test takes them by <see cref="NextAsync"/>.</summary>
    public Func<NodeJob, Task>? Serve { get; set; }

    public static Task<RawWebSocketClient> DialAsync(NodeHouse house, string path = "/nodes") => house.Nodes.ConnectAsync(path, ("Sec-WebSocket-Protocol", NodeWire.Subprotocol));

    /// <summary>A node that was welcomed.</summary>
    public static async Task<TestNode> JoinAsync(NodeHouse house, string id = "n", int capacity = 8, string[]? models = null, string path = "/nodes") =>
        await JoinAsync(await DialAsync(house, path), id, capacity, models);

    /// <summary>A node over a socket that is there.</summary>
    public static async Task<TestNode> JoinAsync(RawWebSocketClient socket, string id = "n", int capacity = 8, string[]? models = null)
    {
        await socket.SendFrameAsync(Opcode.Text, NodeMessageWriter.Write(new NodeHello(id, models ?? ["m"], capacity, "test")));
        var first = await socket.ReceiveAsync();
        Assert.Equal(NodeWireFault.None, NodeMessageReader.TryRead(first.Payload, NodeSide.Relay, out var welcome));
        return new(socket, id, Assert.IsType<NodeWelcome>(welcome));
    }

    public async Task<NodeJob> NextAsync() => await _jobs.Reader.ReadAsync().AsTask().WaitAsync(Bound);

    /// <summary>The next message that is neither a request nor credit.</summary>
    public async Task<T> NextAsync<T>()
        where T : NodeMessage => Assert.IsType<T>(await _messages.Reader.ReadAsync().AsTask().WaitAsync(Bound));

    public async Task SendAsync(NodeMessage message)
    {
        await _sending.WaitAsync();
        try
        {
            await Socket.SendFrameAsync(Opcode.Text, NodeMessageWriter.Write(message));
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends a part of an answer, in as many chunks as it takes, as its credit comes.</summary>
    public async Task ChunkAsync(long id, ReadOnlyMemory<byte> bytes, bool isLast)
    {
        var body = Of(id);
        do
        {
            int room;
            while ((room = body.Room(Welcome.ChunkBytes)) == 0 && !bytes.IsEmpty) await body.Credit.Reader.ReadAsync().AsTask().WaitAsync(Bound);
            var length = Math.Min(room, bytes.Length);
            var frame = body.Next(id, bytes[..length], isLast && length == bytes.Length);
            bytes = bytes[length..];
            await SendRawAsync(frame);
        }
        while (!bytes.IsEmpty);
    }

    public async Task SendRawAsync(byte[] frame)
    {
        await _sending.WaitAsync();
        try
        {
            await Socket.SendFrameAsync(Opcode.Binary, frame);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The connection was cut off.</summary>
    public async Task<ServerClose> ClosedAsync()
    {
        await _reading.WaitAsync(Bound);
        return Close ?? throw new InvalidOperationException("The socket ended without a close frame.");
    }

    /// <summary>The connection has ended, one way or the other.</summary>
    public Task EndedAsync() => _reading.WaitAsync(Bound);

    public ServerClose? Close { get; private set; }

    public ValueTask DisposeAsync() => Socket.DisposeAsync();

    private Body Of(long id) => _bodies.GetOrAdd(id, _ => new(Welcome.WindowBytes));

    private async Task ReadAsync()
    {
        try
        {
            while (Close is null) await TakeAsync(await Socket.ReceiveAsync());
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or TimeoutException)
        {
            // The socket has ended.
        }
        finally
        {
            _jobs.Writer.TryComplete();
            _messages.Writer.TryComplete();
        }
    }

    private async Task TakeAsync(ServerFrame frame)
    {
        switch (frame.Opcode)
        {
            case Opcode.Ping:
                await Socket.SendFrameAsync(Opcode.Pong, frame.Payload);
                break;
            case Opcode.Close:
                Close = frame.Payload.Length < 2 ? new(1005, "") : new((frame.Payload[0] << 8) | frame.Payload[1], Encoding.UTF8.GetString(frame.Payload.AsSpan(2)));
                break;
            case Opcode.Binary:
                Assert.Equal(NodeWireFault.None, NodeChunk.TryRead(frame.Payload, frame.Payload.Length, Welcome.ChunkBytes, out var chunk));
                await TakeChunkAsync(Of(chunk.Id), chunk, frame.Payload.AsMemory(NodeChunk.HeaderBytes));
                break;
            case Opcode.Text:
                Assert.Equal(NodeWireFault.None, NodeMessageReader.TryRead(frame.Payload, NodeSide.Relay, out var message));
                if (message is NodeRequest request) Of(request.Id).Head = request;
                else if (message is NodeCredit credit) Of(credit.Id).Grant(credit.Bytes);
                else _messages.Writer.TryWrite(message!);
                break;
        }
    }

    private async Task TakeChunkAsync(Body body, NodeChunk chunk, ReadOnlyMemory<byte> bytes)
    {
        Assert.Equal(NodeWireFault.None, body.Receiver.Take(chunk, bytes.Length));
        body.Received.Write(bytes.Span);
        if (body.Receiver.Pass(bytes.Length) is var due and > 0) await SendAsync(new NodeCredit(chunk.Id, due));
        if (!chunk.IsLast) return;
        Assert.Equal(body.Head!.ContentLength, body.Received.Length);
        var job = new NodeJob(this, body.Head, body.Received.ToArray());
        if (Serve is { } serve) _ = Task.Run(() => serve(job));
        else _jobs.Writer.TryWrite(job);
    }

    private sealed class Body(int window)
    {
        private readonly Lock _gate = new();
        private readonly NodeBodySender _sender = new(window);

        public NodeRequest? Head { get; set; }

        public NodeBodyReceiver Receiver { get; } = new(window);

        public MemoryStream Received { get; } = new();

        public Channel<bool> Credit { get; } = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        public int Room(int chunkBytes)
        {
            lock (_gate) return _sender.Room(chunkBytes);
        }

        public void Grant(int bytes)
        {
            lock (_gate) _sender.Grant(bytes);
            Credit.Writer.TryWrite(true);
        }

        public byte[] Next(long id, ReadOnlyMemory<byte> bytes, bool isLast)
        {
            lock (_gate)
            {
                var frame = new byte[NodeChunk.HeaderBytes + bytes.Length];
                _sender.Next(id, bytes.Length, isLast).Write(frame);
                bytes.Span.CopyTo(frame.AsSpan(NodeChunk.HeaderBytes));
                return frame;
            }
        }
    }
}
