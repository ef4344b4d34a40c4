using System.Collections.Concurrent;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>One gateway's connections of one user, at the user's hub.</summary>
internal sealed class GatewayLink(UserHubActor hub, GatewayOutbox outbox, string user, long epoch) : IGatewayPart
{
    private readonly ConcurrentDictionary<string, RemoteConnection> _connections = new();

    public string User => user;

    /// <summary>Above those of the links that this gateway has had to the user's hubs before.</summary>
    public long Epoch => epoch;

    /// <summary>The last batch taken. Grain's turns only.</summary>
    public long LastBatch { get; set; }

    public bool IsLost => outbox.IsLost;

    public ICollection<RemoteConnection> Connections => _connections.Values;

    public RemoteConnection? Find(string id) => _connections.GetValueOrDefault(id);

    public RemoteConnection Make(ConnectionInfo info, Core.UserKey key, int window)
    {
        var connection = new RemoteConnection(this, info.Id, info.Identity(key), window, info.Number);
        _connections[info.Id] = connection;
        return connection;
    }

    /// <summary>The connection is not the hub's.</summary>
    public void Remove(RemoteConnection connection)
    {
        _connections.TryRemove(connection.Id, out _);
        connection.End();
    }

    /// <summary>The connection has left its gateway.</summary>
    public void Leave(RemoteConnection connection)
    {
        Remove(connection);
        hub.Post(HubInput.Leave(connection));
    }

    public void Send(in Delivery item, RemoteConnection? connection) => outbox.Enqueue(this, item, connection);

    public void GatewayLost()
    {
        foreach (var (_, connection) in _connections) Leave(connection);
    }

    public void End() => outbox.Remove(this);
}
