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
        foreach (var (connection, _) in _connections) connection.Drain();
        if (_connections.IsEmpty) _empty.TrySetResult();
        return _empty.Task;
    }

    /// <summary>Tells every connection to go, whatever is under way.</summary>
    public void CloseAll()
    {
        foreach (var (connection, _) in _connections) connection.Close(ErrorCode.GoingAway);
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        var (now, wall) = (_clock.Now, _clock.Provider.GetUtcNow());
        foreach (var (connection, _) in _connections) connection.Sweep(now, wall);
    }
}
