using System.Text;
using Relay.Abstractions;

namespace Relay.Plugins.Ai;

/// <summary>
/// A chat that outlives the connection that asked for it. Its parts are numbered and kept, within a bound, for any connection of the user that goes on
/// with it. Without a reader it runs on for the window, and as long it is kept after its end.
/// </summary>
internal sealed class ResumableChat : IChatOutput
{
    // What a part costs beside its text.
    private const int PartOverhead = 64;

    private readonly Lock _gate = new();
    private readonly List<string> _kept = [];
    private readonly List<Reader> _readers = [];
    private readonly CancellationTokenSource _over;
    private readonly ITimer _window;
    private readonly TimeSpan _windowLength;
    private readonly int _maxBytes;
    private readonly ResumeBudget _budget;
    private TaskCompletionSource _changed = NewSignal();
    private int _first;

    // At the beginning of the list, not kept any more.
    private int _dropped;
    private int _bytes;
    private bool _isForgotten;
    private ChatEnd? _end;

    public ResumableChat(TimeSpan window, int maxBytes, ResumeBudget budget, TimeProvider time, CancellationToken stopping, Action<ResumableChat> forget)
    {
        (_windowLength, _maxBytes, _budget) = (window, maxBytes, budget);
        _over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _window = time.CreateTimer(_ => Expire(forget), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _over.Token.UnsafeRegister(static state => ((ResumableChat)state!).Forget(), this);
    }

    /// <summary>Fires when nobody has read for the window, or the instance ends.</summary>
    public CancellationToken Cancelled => _over.Token;

    private int Count => _kept.Count - _dropped;

    public async ValueTask<bool> WriteAsync(string text)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_over.IsCancellationRequested) return false;
                var cost = PartOverhead + Encoding.UTF8.GetByteCount(text);
                // A reader that is there is waited for; for one that is gone only so much is kept.
                while (!HasRoom(cost) && Count > 0 && !_readers.Exists(reader => reader.Next <= _first)) DropFirst();
                if (HasRoom(cost) || Count == 0)
                {
                    _kept.Add(text);
                    Charge(cost);
                    break;
                }

                changed = _changed.Task;
            }

            await changed;
        }

        Signal();
        return true;
    }

    public void End(ChatEnd end)
    {
        lock (_gate) _end = end;
        Signal();
    }

    /// <summary>Each reader tells its own request: nothing else is open here.</summary>
    public void KeepAlive()
    {
        lock (_gate) _readers.ForEach(static reader => reader.Stream.KeepAlive());
    }

    /// <summary>Sends a request what it wants of the chat, up to the end, unless it ends before.</summary>
    public async Task ReadAsync(PluginStream stream, int from)
    {
        var reader = new Reader(stream, from);
        lock (_gate)
        {
            _readers.Add(reader);
            _window.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        try
        {
            using var left = stream.Cancelled.UnsafeRegister(static state => ((ResumableChat)state!).Signal(), this);
            while (!stream.Cancelled.IsCancellationRequested)
            {
                var (text, end, changed) = Look(reader);
                if (text is not null && !await stream.WriteAsync("delta", new DeltaData(text, reader.Next), AiJson.Wire.DeltaData)) return;
                if (text is not null) Advance(reader);
                else if (end is not null) StreamOutput.End(stream, end);
                else await changed;
                if (end is not null) return;
            }
        }
        finally
        {
            Leave(reader);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool HasRoom(int cost) => _bytes + cost <= _maxBytes && !_budget.IsOver;

    private void Charge(int bytes)
    {
        _bytes += bytes;
        if (!_isForgotten) _budget.Add(bytes);
    }

    // Nobody can go on with it any more.
    private void Forget()
    {
        lock (_gate)
        {
            if (!_isForgotten) _budget.Add(-_bytes);
            _isForgotten = true;
        }

        Signal();
    }

    private (string? Text, ChatEnd? End, Task Changed) Look(Reader reader)
    {
        lock (_gate)
        {
            var next = _first + Count;
            if (reader.Next < _first || reader.Next > next) return (null, new("stream_lost", [], "That part of the chat is not kept."), Task.CompletedTask);
            if (reader.Next < next) return (_kept[_dropped + reader.Next - _first], null, Task.CompletedTask);
            if (_end is null && _over.IsCancellationRequested) return (null, new("stream_lost", [], "The chat was ended."), Task.CompletedTask);
            return (null, _end, _changed.Task);
        }
    }

    private void Advance(Reader reader)
    {
        lock (_gate) reader.Next++;
        Signal();
    }

    private void Leave(Reader reader)
    {
        lock (_gate)
        {
            _readers.Remove(reader);
            if (_readers.Count == 0) _window.Change(_windowLength, Timeout.InfiniteTimeSpan);
        }

        Signal();
    }

    private void Expire(Action<ResumableChat> forget)
    {
        lock (_gate)
        {
            if (_readers.Count > 0) return;
        }

        forget(this);
        Forget();
        _window.Dispose();
        _ = _over.CancelAsync();
    }

    private void DropFirst()
    {
        Charge(-PartOverhead - Encoding.UTF8.GetByteCount(_kept[_dropped]));
        _kept[_dropped++] = "";
        _first++;
        if (_dropped * 2 <= _kept.Count) return;
        _kept.RemoveRange(0, _dropped);
        _dropped = 0;
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_gate) (changed, _changed) = (_changed, NewSignal());
        changed.TrySetResult();
    }

    private sealed class Reader(PluginStream stream, int next)
    {
        public PluginStream Stream { get; } = stream;

        // Behind the gate.
        public int Next { get; set; } = next;
    }
}
