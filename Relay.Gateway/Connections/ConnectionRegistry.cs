using System.Collections.Concurrent;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Connections;

/// <summary>
/// All connections of the process: sweeps their clocks with one timer, sees that their sockets go after them, and drains them when the
/// relay stops.
/// </summary>
internal sealed class ConnectionRegistry : IReadiness, IDisposable
{
    // What the kernel takes of a socket whose peer does not read: with less, the server is done by itself, and short connections cost nothing here.
    private const int KernelTakes = 8 * 1024;

    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<Connection, bool> _connections = new();

    // Never more than the sockets that are open, and those that closed since the last sweep.
    private readonly ConcurrentQueue<(ITransport Transport, TimeSpan Until)> _lingering = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RuntimeClock _clock;
    private readonly TimeSpan _closeTimeout;
    private readonly ITimer _sweep;
    private volatile bool _draining;
    private int _sweeping;

    public ConnectionRegistry(TimeProvider time, TimeSpan closeTimeout)
    {
        (_clock, _closeTimeout) = (new(time), closeTimeout);
        var period = closeTimeout / 4 < Longest ? closeTimeout / 4 : Longest;
        _sweep = time.CreateTimer(static state => ((ConnectionRegistry)state!).Sweep(), this, period, period);
    }

    public bool IsDraining => _draining;

    public bool IsReady => !_draining;

    public int Count => _connections.Count;

    public void Add(Connection connection)
    {
        _connections.TryAdd(connection, true);
        if (_draining) connection.Drain();
    }

    /// <summary>
    /// The connection has ended. Its transport has the close timeout to end as well: the server still sends what the peer was sent, and
    /// would wait for ever for one that does not read.
    /// </summary>
    public void Remove(Connection connection, ITransport transport)
    {
        if (connection.BytesSent > KernelTakes) _lingering.Enqueue((transport, _clock.Now + _closeTimeout));
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
        SweepLingering(now);
        Volatile.Write(ref _sweeping, 0);
    }

    private void SweepLingering(TimeSpan now)
    {
        for (var left = _lingering.Count; left > 0 && _lingering.TryDequeue(out var entry); left--)
        {
            if (!entry.Transport.IsOpen) continue;
            if (now >= entry.Until) entry.Transport.Abort();
            else _lingering.Enqueue(entry);
        }
    }
}
