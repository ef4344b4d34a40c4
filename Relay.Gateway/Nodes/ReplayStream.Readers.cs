using Relay.Core.Nodes;

namespace Relay.Gateway.Nodes;

/// <summary>The stream's readers.</summary>
internal sealed partial class ReplayStream
{
    public const string IdHeader = "X-Relay-Stream-Id";

    private static readonly CallError Stopped = new(StatusCodes.Status410Gone, "stream_stopped", "The stream was stopped before it began.");

    /// <summary>Gives a reader the stream from an offset on, until it ends or the reader leaves.</summary>
    public async Task ReadAsync(ICallSink sink, long offset, CancellationToken gone)
    {
        var reader = new Reader { Position = offset };
        if (Enter(reader) is { } error)
        {
            await sink.RefuseAsync(error);
            return;
        }

        try
        {
            if (await BeginAsync(reader, sink, gone)) await PassAsync(reader, sink, gone);
        }
        finally
        {
            Leave(reader);
        }
    }

    private CallError? Enter(Reader reader)
    {
        lock (_gate)
        {
            if (reader.Position > _log.End)
                return new(StatusCodes.Status416RangeNotSatisfiable, "offset_ahead", $"The stream has {_log.End} bytes so far.");
            if (_isGone || !_log.Has(reader.Position))
                return new(StatusCodes.Status410Gone, "stream_not_resumable", $"What follows byte {reader.Position} is not kept any more; what is kept begins at byte {_log.Start}.");
            _reader = reader;
            _window.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        // An older reader finds out that it is not the one any more.
        Signal();
        return null;
    }

    private void Leave(Reader reader)
    {
        lock (_gate)
        {
            if (_reader != reader) return;
            _reader = null;
            if (!_isGone) _window.Change(_options.ResumeWindow, Timeout.InfiniteTimeSpan);
        }

        Account(forget: _isGone);
        Signal();
    }

    // Waits for the stream's head, and passes it on.
    private async ValueTask<bool> BeginAsync(Reader reader, ICallSink sink, CancellationToken gone)
    {
        while (true)
        {
            Task changed;
            CallHead? head;
            CallError? refusal;
            lock (_gate)
            {
                changed = _changed.Task;
                (head, refusal) = (_head, _refusal ?? (_phase == Phase.Stopped || _reader != reader ? Stopped : null));
            }

            if (head is not null)
            {
                await sink.BeginAsync(head, _nodeId, null);
                return true;
            }

            if (refusal is not null)
            {
                await sink.RefuseAsync(refusal);
                return false;
            }

            await changed.WaitAsync(gone);
        }
    }

    private async Task PassAsync(Reader reader, ICallSink sink, CancellationToken gone)
    {
        // A head without a body yet is told at once.
        if (!await sink.FlushAsync()) return;
        while (true)
        {
            Task changed;
            ReadOnlyMemory<byte> piece;
            Phase phase;
            lock (_gate)
            {
                if (_reader != reader)
                {
                    sink.Abort();
                    return;
                }

                (changed, piece, phase) = (_changed.Task, _log.Read(reader.Position), _phase);
            }

            if (!piece.IsEmpty)
            {
                sink.Write(piece);
                if (!await sink.FlushAsync()) return;
                Advance(reader, piece.Length);
            }
            else if (phase is Phase.Complete or Phase.Stopped)
            {
                await sink.EndAsync();
                return;
            }
            else if (phase == Phase.Broken)
            {
                sink.Abort();
                return;
            }
            else
            {
                await changed.WaitAsync(gone);
            }
        }
    }

    private void Advance(Reader reader, int bytes)
    {
        bool isAwaited;
        lock (_gate)
        {
            isAwaited = _log.End - reader.Position > MaxLag;
            reader.Position += bytes;
        }

        Account();
        if (isAwaited) Signal();
    }
}
