using System.Buffers;
using System.IO.Pipelines;

namespace Relay.Gateway.Tunnel;

/// <summary>A wire over the server's pipe, which may end TLS below it.</summary>
internal sealed class PipeWire(IDuplexPipe transport, Action abort) : ITunnelWire
{
    private readonly PipeReader _input = transport.Input;
    private readonly PipeWriter _output = transport.Output;

    // Receive side only: what has arrived and was not taken, part of the pipe's last result.
    private ReadOnlySequence<byte> _rest;
    private bool _holdsResult;
    private bool _ended;
    private int _aborted;

    public ref ReadOnlySequence<byte> Rest => ref _rest;

    public async ValueTask<bool> WaitAsync()
    {
        if (_ended || Volatile.Read(ref _aborted) != 0) return false;
        try
        {
            var left = GiveBack();
            var result = await _input.ReadAsync().ConfigureAwait(false);
            (_rest, _holdsResult) = (result.Buffer, true);
            _ended = result.IsCompleted || result.IsCanceled;
            return _rest.Length > left;
        }
        catch (Exception e) when (IsEnd(e))
        {
            _ended = true;
            return false;
        }
    }

    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (Volatile.Read(ref _aborted) != 0) return false;
        try
        {
            _output.Write(bytes.Span);
            var result = await _output.FlushAsync().ConfigureAwait(false);
            return !result.IsCompleted && !result.IsCanceled;
        }
        catch (Exception e) when (IsEnd(e))
        {
            return false;
        }
    }

    // Not on the caller's stack: cancelling resumes what waits.
    public void EndReceive() => ThreadPool.UnsafeQueueUserWorkItem(static wire => wire._input.CancelPendingRead(), this, preferLocal: false);

    public void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) != 0) return;
        ThreadPool.UnsafeQueueUserWorkItem(
            static wire =>
            {
                wire.Cut();
                wire._input.CancelPendingRead();
                wire._output.CancelPendingFlush();
            },
            this,
            preferLocal: false);
    }

    public ValueTask DisposeAsync()
    {
        if (_holdsResult) _input.AdvanceTo(_rest.End);
        (_rest, _holdsResult) = (default, false);
        return default;
    }

    private static bool IsEnd(Exception e) => e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException;

    private void Cut() => abort();

    // Gives how many bytes stay.
    private long GiveBack()
    {
        if (!_holdsResult) return 0;
        var (left, start, end) = (_rest.Length, _rest.Start, _rest.End);
        (_rest, _holdsResult) = (default, false);
        _input.AdvanceTo(start, end);
        return left;
    }
}
