using Relay.Core.Nodes;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Nodes;

/// <summary>
/// A stream that outlives its reader's connection: what comes is kept, within bounds, for whoever goes on with it. It has one reader at a time, the newest; without
/// one it goes on at the node's speed, and ends when nobody has come for <c>nodes.resume_window</c>.
/// </summary>
internal sealed partial class ReplayStream : ICallSink
{
    // What may wait for a reader that is there before the node has to wait.
    private const int MaxLag = 128 * 1024;

    private readonly Lock _gate = new();
    private readonly ReplayLog _log;
    private readonly ReplayBudget _budget;
    private readonly RelayNodesOptions _options;
    private readonly ITimer _window;
    private readonly Action<ReplayStream> _remove;
    private TaskCompletionSource _changed = New();
    private Reader? _reader;
    private Action? _giveUp;
    private CallHead? _head;
    private string _nodeId = "";
    private CallError? _refusal;
    private Phase _phase;
    private long _counted;
    private bool _isGone;

    /// <summary>What it shares with the tenant's other streams.</summary>
    public ReplayBudget Budget => _budget;

    public ReplayStream(string id, string? owner, ReplayBudget budget, RelayNodesOptions options, TimeProvider time, Action<ReplayStream> remove)
    {
        (Id, Owner, _budget, _options, _remove, _log) = (id, owner, budget, options, remove, new(options.ReplayBytes));
        _window = time.CreateTimer(static state => ((ReplayStream)state!).Stop(), this, options.ResumeWindow, Timeout.InfiniteTimeSpan);
    }

    private enum Phase
    {
        Waits,
        Runs,
        Complete,
        Broken,
        Stopped,
    }

    public string Id { get; }

    /// <summary>The user whose stream it is, if anyone's.</summary>
    public string? Owner { get; }

    /// <summary>What ends the work when nobody wants the stream any more.</summary>
    public void OnStop(Action giveUp)
    {
        bool isGone;
        lock (_gate) (_giveUp, isGone) = (giveUp, _isGone);
        if (isGone) giveUp();
    }

    /// <summary>Nobody wants the stream any more: it ends on its node too, and is forgotten.</summary>
    public void Stop()
    {
        Action? giveUp;
        lock (_gate)
        {
            if (_isGone) return;
            _isGone = true;
            if (_phase is Phase.Waits or Phase.Runs) _phase = Phase.Stopped;
            giveUp = _giveUp;
        }

        _remove(this);
        _window.Dispose();
        giveUp?.Invoke();
        Account(forget: _reader is null);
        Signal();
    }

    ValueTask ICallSink.RefuseAsync(CallError error)
    {
        lock (_gate) (_refusal, _phase) = (error, Phase.Broken);
        Signal();
        return default;
    }

    ValueTask ICallSink.BeginAsync(CallHead head, string nodeId, long? length)
    {
        lock (_gate)
        {
            (_head, _nodeId) = (head, nodeId);
            if (_phase == Phase.Waits) _phase = Phase.Runs;
        }

        Signal();
        return default;
    }

    void ICallSink.Write(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate) _log.Append(bytes);
    }

    async ValueTask<bool> ICallSink.FlushAsync()
    {
        Account();
        Signal();
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_phase == Phase.Stopped) return false;
                if (_reader is not { } reader || _log.End - reader.Position <= MaxLag) return true;
                changed = _changed.Task;
            }

            await changed;
        }
    }

    ValueTask ICallSink.EndAsync()
    {
        End(Phase.Complete);
        return default;
    }

    void ICallSink.Abort() => End(Phase.Broken);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void End(Phase phase)
    {
        lock (_gate)
            if (_phase != Phase.Stopped) _phase = phase;
        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_gate) (changed, _changed) = (_changed, New());
        changed.TrySetResult();
    }

    // Keeps what the reader waits for, and of the rest what fits.
    private void Account(bool forget = false)
    {
        lock (_gate)
        {
            var needed = _reader?.Position ?? _log.End;
            if (!_isGone) _log.Trim(needed);
            if (forget || _budget.IsOver) _log.Drop(needed);
            _budget.Add(_log.Length - _counted);
            _counted = _log.Length;
        }
    }

    private sealed class Reader
    {
        public long Position { get; set; }
    }
}
