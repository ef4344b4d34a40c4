using System.Collections.Concurrent;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Tunnel;

/// <summary>All sockets with tunnels: sweeps their clocks with one timer, and drains them when the relay stops.</summary>
internal sealed class TunnelRegistry : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<TunnelSocket, bool> _sockets = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RuntimeClock _clock;
    private readonly TunnelAccounts _accounts;
    private readonly ITimer _sweep;
    private volatile bool _draining;
    private int _sweeping;

    public TunnelRegistry(TimeProvider time, TimeSpan closeTimeout, TunnelAccounts accounts)
    {
        (_clock, _accounts) = (new(time), accounts);
        var period = closeTimeout / 4 < Longest ? closeTimeout / 4 : Longest;
        _sweep = time.CreateTimer(static state => ((TunnelRegistry)state!).Sweep(), this, period, period);
    }

    public int Count => _sockets.Count;

    public void Add(TunnelSocket socket)
    {
        _sockets.TryAdd(socket, true);
        if (_draining) socket.Drain();
    }

    public void Remove(TunnelSocket socket)
    {
        _sockets.TryRemove(socket, out _);
        if (_draining && _sockets.IsEmpty) _empty.TrySetResult();
    }

    /// <summary>No new tunnel is taken; those that are open may end.</summary>
    /// <returns>A task that ends when no socket is left.</returns>
    public Task Drain()
    {
        _draining = true;
        Interlocked.MemoryBarrier(); // whoever is added and not seen below has seen the flag
        foreach (var (socket, _) in _sockets) socket.Drain();
        if (_sockets.IsEmpty) _empty.TrySetResult();
        return _empty.Task;
    }

    /// <summary>Breaks all tunnels off, and tells every client to go.</summary>
    public void CloseAll()
    {
        foreach (var (socket, _) in _sockets) socket.Close(CloseReason.GoingAway, TunnelEnd.GoingAway);
    }

    /// <summary>Lets go of what is left without a goodbye.</summary>
    public void AbortAll()
    {
        foreach (var (socket, _) in _sockets) socket.Abort();
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        // A sweep that comes late may meet the next one, and a socket's clock is for one thread.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        var (now, wall) = (_clock.Now, _clock.Provider.GetUtcNow());
        foreach (var (socket, _) in _sockets) socket.Sweep(now, wall);
        _accounts.Sweep();
        Volatile.Write(ref _sweeping, 0);
    }
}
