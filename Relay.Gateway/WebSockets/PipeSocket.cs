using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Relay.WebSockets;

namespace Relay.Gateway.WebSockets;

/// <summary>Frames over a duplex pipe, which stays with its owner: a disposed socket has given back all it read, and completes nothing.</summary>
internal sealed class PipeSocket : IFrameSocket
{
    private static readonly TaskCompletionSource NeverAborted = new();

    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly IFrameReader _reader;
    private readonly Action? _abortTransport;

    // Receive side only: what has arrived and was not read, part of the pipe's last result.
    private ReadOnlySequence<byte> _rest;
    private bool _holdsResult;

    // Set by whoever comes first, an abort or the dispose: after the dispose the transport may belong to someone else.
    private TaskCompletionSource? _aborting;
    private volatile bool _disposed;

    /// <param name="transport">The connection's pipe. Nobody else reads or writes it until the socket is disposed.</param>
    /// <param name="reader">Says which limits hold and whether the peer is a client.</param>
    /// <param name="abortTransport">What cuts the connection under the pipe, from any thread.</param>
    public PipeSocket(IDuplexPipe transport, IFrameReader reader, Action? abortTransport = null)
    {
        _input = transport.Input;
        _output = transport.Output;
        _reader = reader;
        _abortTransport = abortTransport;
    }

    private bool IsAborted => Volatile.Read(ref _aborting) is not null;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitAsync(CancellationToken cancellation = default)
    {
        if (IsAborted) return false;
        try
        {
            var leftover = AdvanceToUnread();
            var result = await _input.ReadAsync(cancellation).ConfigureAwait(false);
            _rest = result.Buffer;
            _holdsResult = true;
            if (result.IsCanceled) return false;
            return !result.IsCompleted || _rest.Length > leftover;
        }
        catch (Exception e) when (IsEndOfTransport(e, cancellation))
        {
            return false;
        }
    }

    public ReadStatus TryRead(out IncomingFrame frame) => _reader.TryRead(ref _rest, out frame);

    public void Write(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        var room = _output.GetSpan(FrameWriter.MaxHeaderBytes);
        var header = FrameWriter.WriteHeader(room, opcode, payload.Length);
        var fits = Math.Min(payload.Length, room.Length - header);
        payload[..fits].CopyTo(room[header..]);
        _output.Advance(header + fits);

        // In the pipe's own pieces: asking for all of it at once would make a pipe leave its pool.
        if (fits < payload.Length) _output.Write(payload[fits..]);
    }

    public void WriteFramed(ReadOnlySpan<byte> frames) => _output.Write(frames);

    public ValueTask<bool> FlushAsync(CancellationToken cancellation = default)
    {
        if (IsAborted) return new(false);
        ValueTask<FlushResult> flush;
        try
        {
            flush = _output.FlushAsync(cancellation);
            if (flush.IsCompletedSuccessfully) return new(IsOpen(flush.Result));
        }
        catch (Exception e) when (IsEndOfTransport(e, cancellation))
        {
            return new(false);
        }

        return FlushedAsync(flush, cancellation);
    }

    public void Abort()
    {
        var aborting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _aborting, aborting, null) is not null) return;

        // Cancelling resumes what waits, perhaps on this very stack: a caller in the middle of its own turn must not run it.
        ThreadPool.UnsafeQueueUserWorkItem(static socket => socket.AbortNow(), this, preferLocal: false);
    }

    public void EndReceive() => ThreadPool.UnsafeQueueUserWorkItem(
        static socket =>
        {
            if (!socket._disposed) socket._input.CancelPendingRead();
        },
        this,
        preferLocal: false);

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        if (Interlocked.CompareExchange(ref _aborting, NeverAborted, null) is { } aborting) await aborting.Task.ConfigureAwait(false);
        if (_holdsResult) _input.AdvanceTo(_rest.End);
        _rest = default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> FlushedAsync(ValueTask<FlushResult> flush, CancellationToken cancellation)
    {
        try
        {
            return IsOpen(await flush.ConfigureAwait(false));
        }
        catch (Exception e) when (IsEndOfTransport(e, cancellation))
        {
            return false;
        }
    }

    private static bool IsOpen(FlushResult result) => !result.IsCompleted && !result.IsCanceled;

    private void AbortNow()
    {
        try
        {
            _abortTransport?.Invoke();
            _input.CancelPendingRead();
            _output.CancelPendingFlush();
        }
        finally
        {
            _aborting!.SetResult();
        }
    }

    /// <summary>Gives the pipe back what was read; gives how many bytes stay.</summary>
    private long AdvanceToUnread()
    {
        if (!_holdsResult) return 0;
        var end = _rest.End;
        var unread = _reader.IsFinished ? end : _rest.Start;
        var leftover = _reader.IsFinished ? 0 : _rest.Length;
        _holdsResult = false;
        _rest = default;
        _input.AdvanceTo(unread, end);
        return leftover;
    }

    private static bool IsEndOfTransport(Exception e, CancellationToken cancellation) =>
        e is IOException or ObjectDisposedException || (e is OperationCanceledException && !cancellation.IsCancellationRequested);
}
