using System.Collections.Concurrent;
using Relay.Core.Runtime;

namespace Relay.Gateway.Connections;

/// <summary>What has clocks that one timer of the process sweeps, and ends when the relay stops.</summary>
internal interface ISwept
{
    /// <summary>Time has passed. Calls come one at a time.</summary>
    /// <param name="now">The time of the process.</param>
    /// <param name="wall">The time of day.</param>
    void Sweep(TimeSpan now, DateTimeOffset wall);

    /// <summary>The relay stops: nothing new is taken. Any thread; may come twice.</summary>
    void Drain();

    /// <summary>Lets go without a goodbye.</summary>
    void Abort();
}

/// <summary>All of a kind in the process: sweeps their clocks with one timer, and knows when the last has gone.</summary>
/// <typeparam name="T">The kind.</typeparam>
internal sealed class SweptSet<T> : IDisposable
    where T : class, ISwept
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<T, bool> _items = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RuntimeClock _clock;
    private readonly Action<TimeSpan> _swept;
    private readonly ITimer _sweep;
    private volatile bool _draining;
    private int _sweeping;

    /// <summary>Makes it.</summary>
    /// <param name="time">The source of time.</param>
    /// <param name="closeTimeout">How long a close may take: it is swept four times in it, and twice a second at the least.</param>
    /// <param name="swept">Called with the time after each sweep.</param>
    public SweptSet(TimeProvider time, TimeSpan closeTimeout, Action<TimeSpan> swept)
    {
        (_clock, _swept) = (new(time), swept);
        var period = closeTimeout / 4 < Longest ? closeTimeout / 4 : Longest;
        _sweep = time.CreateTimer(static state => ((SweptSet<T>)state!).Sweep(), this, period, period);
    }

    public bool IsDraining => _draining;

    public int Count => _items.Count;

    public TimeSpan Now => _clock.Now;

    /// <summary>Those of this moment.</summary>
    public IReadOnlyCollection<T> Snapshot() => [.. _items.Keys];

    /// <summary>Those of this moment, or of a later one, without a copy.</summary>
    public IEnumerable<T> All
    {
        get
        {
            foreach (var (item, _) in _items) yield return item;
        }
    }

    public void Add(T item)
    {
        _items.TryAdd(item, true);
        if (_draining) item.Drain();
    }

    public void Remove(T item)
    {
        _items.TryRemove(item, out _);
        if (_draining && _items.IsEmpty) _empty.TrySetResult();
    }

    /// <summary>From here on whatever is added is drained at once; those that are there are drained by the caller, each in its time.</summary>
    /// <returns>A task that ends when none is left.</returns>
    public Task BeginDrain()
    {
        _draining = true;
        Interlocked.MemoryBarrier(); // whoever is added and not in a snapshot taken from here on has seen the flag
        if (_items.IsEmpty) _empty.TrySetResult();
        return _empty.Task;
    }

    /// <summary>Lets go of what is left without a goodbye.</summary>
    public void AbortAll()
    {
        foreach (var (item, _) in _items) item.Abort();
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        // A sweep that comes late may meet the next one, and a clock is for one thread.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        var (now, wall) = (_clock.Now, _clock.Provider.GetUtcNow());
        foreach (var (item, _) in _items) item.Sweep(now, wall);
        _swept(now);
        Volatile.Write(ref _sweeping, 0);
    }
}
