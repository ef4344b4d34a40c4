using System.Collections.Concurrent;
using Relay.Core.Errors;
using Relay.Core.Runtime;

namespace Relay.Gateway.Connections;

/// <summary>All connections of the process: sweeps their clocks with one timer, and drains them when the relay stops.</summary>
internal sealed class ConnectionRegistry : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<Connection, bool> _connections = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RuntimeClock _clock;
    private readonly ITimer _sweep;
    private volatile bool _draining;
    private int _sweeping;

    public ConnectionRegistry(TimeProvider time, TimeSpan closeTimeout)
    {
        _clock = new(time);
        var period = closeTimeout / 4 < Longest ? closeTimeout / 4 : Longest;
        _sweep = time.CreateTimer(static state => ((ConnectionRegistry)state!).Sweep(), this, period, period);
    }

    public bool IsDraining => _draining;

    public int Count => _connections.Count;

    public void Add(Connection connection)
    {
        _connections.TryAdd(connection, true);
        if (_draining) connection.Drain();
    }

    public void Remove(Connection connection)
    {
        _connections.TryRemove(connection, out _);
        if (_draining && _connections.IsEmpty) _empty.TrySetResult();
    }

    /// <summary>No connection takes messages any more; each is told to go when those under way are answered.</summary>
    /// <returns>A task that ends when no connection is left.</returns>
    public Task Drain()
    {
        _draining = true;
        Interlocked.MemoryBarrier(); // whoever is added and not seen below has seen the flag
        foreach (var (connection, _) in _connections) connection.Drain();
        if (_connections.IsEmpty) _empty.TrySetResult();
        return _empty.Task;
    }

    /// <summary>Tells every connection to go, whatever is under way.</summary>
    public void CloseAll(ErrorCode error = ErrorCode.GoingAway)
    {
        foreach (var (connection, _) in _connections) connection.Close(error);
    }

    /// <summary>The connections of this moment.</summary>
    public IReadOnlyCollection<Connection> Snapshot() => [.. _connections.Keys];

    /// <summary>Lets go of what is left without a goodbye.</summary>
    public void AbortAll()
    {
        foreach (var (connection, _) in _connections) connection.Abort();
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        // A sweep that comes late may meet the next one, and a connection's clock is for one thread.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        var (now, wall) = (_clock.Now, _clock.Provider.GetUtcNow());
        foreach (var (connection, _) in _connections) connection.Sweep(now, wall);
        Volatile.Write(ref _sweeping, 0);
    }
}
