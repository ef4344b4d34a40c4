using System.Collections.Concurrent;
using Relay.Core.Errors;
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

    private readonly SweptSet<Connection> _connections;

    // Never more than the sockets that are open, and those that closed since the last sweep.
    private readonly ConcurrentQueue<(ITransport Transport, TimeSpan Until)> _lingering = new();
    private readonly TimeSpan _closeTimeout;

    public ConnectionRegistry(TimeProvider time, TimeSpan closeTimeout) =>
        (_connections, _closeTimeout) = (new(time, closeTimeout, SweepLingering), closeTimeout);

    public bool IsDraining => _connections.IsDraining;

    public bool IsReady => !IsDraining;

    public int Count => _connections.Count;

    public void Add(Connection connection) => _connections.Add(connection);

    /// <summary>
    /// The connection has ended. Its transport has the close timeout to end as well: the server still sends what the peer was sent, and
    /// would wait for ever for one that does not read.
    /// </summary>
    public void Remove(Connection connection, ITransport transport)
    {
        if (connection.BytesSent > KernelTakes) _lingering.Enqueue((transport, _connections.Now + _closeTimeout));
        _connections.Remove(connection);
    }

    /// <summary>The relay stops: no connection is taken any more. Those that are open are told to go one by one, each by <see cref="Connection.Drain"/>.</summary>
    /// <returns>A task that ends when no connection is left.</returns>
    public Task BeginDrain() => _connections.BeginDrain();

    /// <summary>Tells every connection to go, whatever is under way.</summary>
    public void CloseAll(ErrorCode error = ErrorCode.GoingAway)
    {
        foreach (var connection in _connections.Snapshot()) connection.Close(error);
    }

    /// <summary>The connections of this moment.</summary>
    public IReadOnlyCollection<Connection> Snapshot() => _connections.Snapshot();

    /// <summary>The connections, without a copy.</summary>
    public IEnumerable<Connection> All => _connections.All;

    /// <summary>Lets go of what is left without a goodbye.</summary>
    public void AbortAll() => _connections.AbortAll();

    public void Dispose() => _connections.Dispose();

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
