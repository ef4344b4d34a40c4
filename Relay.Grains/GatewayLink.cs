using System.Collections.Concurrent;
using Relay.Core.Hubs;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>One gateway's connections of one user, at the user's hub.</summary>
internal abstract class GatewayLink(UserHubActor hub, long epoch)
{
    private readonly ConcurrentDictionary<string, IGatewayConnection> _connections = new();

    /// <summary>Above those of the links that this gateway has had to the user's hubs before.</summary>
    public long Epoch => epoch;

    /// <summary>The gateway is gone, and its connections with it.</summary>
    public abstract bool IsLost { get; }

    public ICollection<IGatewayConnection> Connections => _connections.Values;

    protected UserHubActor Hub => hub;

    public IGatewayConnection? Find(string id) => _connections.GetValueOrDefault(id);

    /// <summary>Makes a connection of the gateway one that the hub can be given.</summary>
    /// <returns>Null when the gateway has let go of it meanwhile.</returns>
    public IGatewayConnection? Make(ConnectionInfo info)
    {
        if (New(info) is not { } connection) return null;
        _connections[info.Id] = connection;
        return connection;
    }

    /// <summary>The connection is not the hub's.</summary>
    public void Remove(IGatewayConnection connection)
    {
        _connections.TryRemove(connection.Connection.Id, out _);
        connection.End();
    }

    /// <summary>The connection has left its gateway.</summary>
    public void Leave(IGatewayConnection connection)
    {
        Remove(connection);
        hub.Post(HubInput.Leave(connection.Connection));
    }

    /// <summary>The hub ends here, with connections or without: it takes nothing more, and what it has taken it answers.</summary>
    public abstract void Close();

    /// <summary>Tells the gateway of the user's groups.</summary>
    /// <returns>Ends when it has heard of it.</returns>
    public abstract Task TellGroups(in Delivery item);

    /// <summary>The hub has ended here, and its connections belong to its successor.</summary>
    public abstract void Moved();

    /// <summary>Ends when all that was sent so far has arrived, or the gateway does not answer.</summary>
    public abstract Task FlushAsync();

    /// <summary>Nothing more comes by the link.</summary>
    public abstract void End();

    protected abstract IGatewayConnection? New(ConnectionInfo info);
}

/// <summary>A connection at its gateway, as a user's hub knows it.</summary>
internal interface IGatewayConnection
{
    /// <summary>What the hub and its plugins speak to.</summary>
    IHubConnection Connection { get; }

    /// <summary>Increases with each connection of the gateway.</summary>
    long Number { get; }

    /// <summary>The hub has let it in.</summary>
    void Welcome();

    /// <summary>It is not the hub's any more.</summary>
    void End();
}
