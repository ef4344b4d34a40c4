using System.IO.Pipelines;
using System.Text;
using Relay.Agent.Proxy.Carriers;
using Relay.Core.Tunnel;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Agent.Proxy;

public class ChunkEndTests
{
    [Fact]
    public async Task TheCloseIsWrittenBeforeTheSocketEndsAlsoWhenTheRelayHasClosedFirst()
    {
        var relay = new Pipe();
        var stream = new SlowStream(relay.Reader.AsStream());
        var output = new Output();
        var opening = ChunkTunnel.OpenAsync(new RelaySocket(new(stream, [], null, IsPrivate: true), new ManualTime(), countsWhileSending: false), "CONNECT a:1 HTTP/1.1\r\n\r\n", output, new ManualTime(), CancellationToken.None);
        await relay.Writer.WriteAsync(Frame(Opcode.Binary, Chunk("HTTP/1.1 200 OK\r\n\r\n")));
        var tunnel = (await opening.WaitAsync(ProxyRig.Bound)).Tunnel!;

        var gate = stream.Block();
        var data = SendBuffer.Rent();
        var sending = tunnel.SendAsync(data, SendBuffer.Capacity);
        tunnel.End();
        await relay.Writer.WriteAsync(Frame(Opcode.Close, [0x03, 0xE8]));
        await output.Ended.WaitAsync(ProxyRig.Bound);
        Assert.False(stream.Disposed.IsCompleted);

        gate.SetResult();
        await sending.AsTask().WaitAsync(ProxyRig.Bound);
        await stream.Disposed.WaitAsync(ProxyRig.Bound);
        Assert.Equal(Frame(Opcode.Close, [0x03, 0xE8], masked: true), stream.Written[^8..]);
    }

    private static byte[] Chunk(string text)
    {
        var chunk = new byte[TunnelChunk.HeaderSize(text.Length) + text.Length];
        Encoding.ASCII.GetBytes(text, chunk.AsSpan(TunnelChunk.WriteHeader(chunk, text.Length)));
        return chunk;
    }

    private static byte[] Frame(Opcode opcode, byte[] payload, bool masked = false) =>
        [(byte)(0x80 | (int)opcode), (byte)((masked ? 0x80 : 0) | payload.Length), .. masked ? new byte[4] : [], .. payload];

    private sealed class Output : ITunnelOutput
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public void Write(ReadOnlySpan<byte> bytes, Action<int> passedOn) => passedOn(bytes.Length);

        public void End() => _ended.SetResult();

        public void Break() => _ended.SetException(new IOException("The tunnel was broken off."));
    }

    /// <summary>Reads from another stream; writes wait while they are blocked.</summary>
    private sealed class SlowStream(Stream source) : Stream
    {
        private readonly MemoryStream _written = new();
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Task _gate = Task.CompletedTask;

        public byte[] Written => _written.ToArray();

        public Task Disposed => _disposed.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public TaskCompletionSource Block()
        {
            var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _gate = gate.Task;
            return gate;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => source.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _gate;
            ObjectDisposedException.ThrowIf(_disposed.Task.IsCompleted, this);
            _written.Write(buffer.Span);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _disposed.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
