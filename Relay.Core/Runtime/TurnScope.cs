namespace Relay.Core.Runtime;

/// <summary>
/// The trampoline of one thread: it runs the turns that a turn's effects lead to one after the other, so that no turn nests
/// in another and the stack stays flat, and flushes outboxes once at its end.
/// </summary>
/// <remarks>
/// Plugin code runs at the scope's tail, when the thread owns no mailbox: whatever it does then holds up nobody but the
/// connection whose thread it is. While it runs, what it posts is run at once in a drain of its own, for the same reason.
/// </remarks>
public sealed class TurnScope
{
    // Turns that one scope runs before what is left goes to the pool, so that a long chain of effects does not hold a receive loop.
    private const int Budget = 512;

    [ThreadStatic]
    private static TurnScope? _current;

    private readonly Queue<Actor> _ready = new();
    private readonly List<IFlushable> _dirty = [];
    private UserRun? _tail;
    private RuntimeClock? _clock;
    private TimeSpan _now;
    private int _depth;
    private int _turns;
    private int _userDepth;
    private int _guarded;
    private bool _draining;
    private bool _onPool;
    private bool _timed;

    // Plugin code that made no promise to be quick runs on this thread: nothing waits for its end.
    private bool _inSlowCode;

    private TurnScope()
    {
    }

    /// <summary>Opens a scope on this thread, or joins the one that is open. Dispose it on the same thread, without an await between.</summary>
    /// <returns>What closes it.</returns>
    public static Opened Enter()
    {
        var scope = _current ??= new TurnScope();
        scope._depth++;
        return new(scope);
    }

    /// <summary>
    /// As <see cref="Enter"/>, but all plugin code that comes up goes to the pool: for a thread that holds something others wait for.
    /// </summary>
    /// <returns>What closes it.</returns>
    public static Opened EnterWithoutPlugins()
    {
        var scope = Enter().Scope;
        scope._guarded++;
        return new(scope, guarded: true);
    }

    /// <summary>Asks for a flush at the end of the batch that runs on this thread.</summary>
    /// <param name="target">What to flush.</param>
    /// <returns>False when no batch is open here, or plugin code runs that may hold the thread for long: flush yourself.</returns>
    public static bool DeferFlush(IFlushable target)
    {
        if (_current is not { _depth: > 0 } scope || (scope._inSlowCode && !scope._draining)) return false;
        // The same connection mostly comes in a row; flushing one twice is harmless.
        for (var i = scope._dirty.Count - 1; i >= 0 && i >= scope._dirty.Count - 4; i--)
            if (ReferenceEquals(scope._dirty[i], target)) return true;
        scope._dirty.Add(target);
        return true;
    }

    /// <summary>Whether the message at hand is one to time: the first of its batch is, since of those behind it much is the same, and clocks are dear.</summary>
    internal static bool TryTime(RuntimeClock clock, out TimeSpan now)
    {
        if (_current is not { _depth: > 0 } scope)
        {
            now = clock.Now;
            return true;
        }

        now = default;
        if (scope._timed) return false;
        scope._timed = true;
        now = scope.Turn(clock).Now;
        return true;
    }

    internal static Opened EnterOnPool()
    {
        var opened = Enter();
        opened.Scope._onPool = true;
        return opened;
    }

    // The scope that a turn runs in.
    internal static TurnScope Current => _current!;

    // True when the caller may run its turn at once; otherwise it is to be made ready.
    internal bool MayRunInline => !_draining;

    // One reading of the clock serves a whole batch.
    internal Turn Turn(RuntimeClock clock)
    {
        if (!ReferenceEquals(_clock, clock))
        {
            _clock = clock;
            _now = clock.Now;
        }

        return new(_now);
    }

    internal void Ready(Actor actor) => _ready.Enqueue(actor);

    /// <summary>Takes plugin code that a turn wants run. Only one fits at the tail of a scope; more, and what does not belong on this thread, goes to the pool.</summary>
    internal void Run(UserRun run)
    {
        var here = _userDepth == 0 && _guarded == 0 && _tail is null && (run.Inline || _onPool) && _turns < Budget;
        if (here) _tail = run;
        else ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
    }

    /// <summary>Runs a turn of a mailbox that the caller has just come to own, and what it leads to.</summary>
    internal void RunInline<TInput>(Mailbox<TInput> mailbox, in TInput input)
        where TInput : struct
    {
        if (_userDepth == 0) _turns = 0;
        if (_inSlowCode) _clock = null;
        _draining = true;
        mailbox.RunTurn(input, this);
        if (!mailbox.Release()) _ready.Enqueue(mailbox);
        DrainAll();
        _draining = false;
        if (_inSlowCode) FlushDirty();
    }

    internal void Drain()
    {
        if (_draining) return;
        _draining = true;
        DrainAll();
        _draining = false;
        if (_inSlowCode) FlushDirty();
    }

    private void DrainAll()
    {
        DrainReady();
        while (_userDepth == 0 && _guarded == 0 && _tail is { } run)
        {
            _tail = null;
            _turns++;
            if (!run.Inline || _dirty.Count > 1)
            {
                // Code may hold this thread for long: nothing that others wait for stays behind on it. Only the connection whose
                // thread it is relies on the promise of inline code, and has its answers flushed once for the whole batch.
                // A flush may lead to turns, and those to more to flush.
                while (_dirty.Count > 0)
                {
                    FlushDirty();
                    DrainReady();
                }

                if (_tail is { } next)
                {
                    // What the flush led to must not wait for this code.
                    _tail = null;
                    ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
                }
            }

            _userDepth++;
            _inSlowCode = !run.Inline;
            _draining = false;
            var outcome = run.Invoke(this);
            _draining = true;
            _userDepth--;
            if (_inSlowCode) _clock = null;
            _inSlowCode = false;
            if (outcome.IsKnown) run.Report(outcome);
            DrainReady();
        }
    }

    private void DrainReady()
    {
        while (_ready.TryDequeue(out var actor))
        {
            if (_turns++ < Budget) actor.Drain(this);
            else ThreadPool.UnsafeQueueUserWorkItem(actor, preferLocal: false);
        }
    }

    private void FlushDirty()
    {
        // From the end, because a flush may make turns run that flush in their turn.
        while (_dirty.Count > 0)
        {
            var target = _dirty[^1];
            _dirty.RemoveAt(_dirty.Count - 1);
            target.Flush();
        }
    }

    private void Close(bool guarded)
    {
        if (_depth > 1)
        {
            _depth--;
            if (guarded) _guarded--;
            return;
        }

        try
        {
            Drain();
            FlushDirty();
        }
        finally
        {
            (_depth, _turns, _guarded, _clock, _onPool, _timed) = (0, 0, 0, null, false, false);
        }
    }

    /// <summary>An open scope.</summary>
    public readonly ref struct Opened
    {
        private readonly bool _guarded;

        internal Opened(TurnScope scope, bool guarded = false) => (Scope, _guarded) = (scope, guarded);

        internal TurnScope Scope { get; }

        /// <summary>Runs what is left, flushes, and closes the scope if it is the outermost.</summary>
        public void Dispose() => Scope.Close(_guarded);
    }
}
