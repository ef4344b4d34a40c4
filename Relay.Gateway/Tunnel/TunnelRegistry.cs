using Relay.Core.Errors;
using Relay.Core.Tunnel;
using Relay.Gateway.Connections;

namespace Relay.Gateway.Tunnel;

/// <summary>All sockets with tunnels: sweeps their clocks with one timer, and drains them when the relay stops.</summary>
internal sealed class TunnelRegistry(TimeProvider time, TimeSpan closeTimeout, TunnelAccounts accounts) : IDisposable
{
    private readonly SweptSet<TunnelSocket> _sockets = new(time, closeTimeout, _ => accounts.Sweep());

    public int Count => _sockets.Count;

    public void Add(TunnelSocket socket) => _sockets.Add(socket);

    public void Remove(TunnelSocket socket) => _sockets.Remove(socket);

    /// <summary>The relay stops: new sockets take no tunnel. Those that are open are told one by one, each by <see cref="TunnelSocket.Drain"/>.</summary>
    /// <returns>A task that ends when no socket is left.</returns>
    public Task BeginDrain() => _sockets.BeginDrain();

    /// <summary>The sockets of this moment.</summary>
    public IReadOnlyCollection<TunnelSocket> Snapshot() => _sockets.Snapshot();

    /// <summary>The sockets, without a copy.</summary>
    public IEnumerable<TunnelSocket> All => _sockets.All;

    /// <summary>Breaks all tunnels off, and tells every client to go.</summary>
    public void CloseAll()
    {
        foreach (var socket in _sockets.Snapshot()) socket.Close(CloseReason.GoingAway, TunnelEnd.GoingAway);
    }

    /// <summary>Lets go of what is left without a goodbye.</summary>
    public void AbortAll() => _sockets.AbortAll();

    public void Dispose() => _sockets.Dispose();
}
