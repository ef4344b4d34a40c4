namespace Relay.Core;

/// <summary>What a tenant's own program may be told of. Numbers go over the wire: append only.</summary>
public enum RelayEventKind
{
    /// <summary>A connection to a user's hub was welcomed.</summary>
    Connected,

    /// <summary>A connection to a user's hub has left.</summary>
    Disconnected,

    /// <summary>The user's first connection has come.</summary>
    FirstIn,

    /// <summary>The user's last connection has left.</summary>
    LastOut,

    /// <summary>A plugin of the user was marked failed.</summary>
    PluginFailed,

    /// <summary>A room's first member has come.</summary>
    RoomFirstIn,

    /// <summary>A room's last member has left.</summary>
    RoomLastOut,

    /// <summary>A member of a room has come.</summary>
    RoomJoined,

    /// <summary>A member of a room has left.</summary>
    RoomLeft,

    /// <summary>A peer has connected for introductions.</summary>
    PeerConnected,

    /// <summary>A peer's connection for introductions has left.</summary>
    PeerDisconnected,

    /// <summary>A node was accepted.</summary>
    NodeConnected,

    /// <summary>A node that had been accepted has left.</summary>
    NodeDisconnected,

    /// <summary>A tunnel to its target is open.</summary>
    TunnelOpened,

    /// <summary>A tunnel that was open has ended.</summary>
    TunnelClosed,
}

/// <summary>Something that has happened.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Kind">What.</param>
/// <param name="Subject">What it happened to: of a hub the connection, or the plugin's prefix; else the room, the peer, the node, the tunnel.</param>
public readonly record struct RelayEvent(TenantId Tenant, RelayEventKind Kind, string Subject)
{
    /// <summary>The user, or nothing.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The connection, where it is not the subject.</summary>
    public string ConnectionId { get; init; } = "";

    /// <summary>Of a hub: how many connections the user has now.</summary>
    public int Connections { get; init; }

    /// <summary>Of a node: the models that it serves.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Of a tunnel that has ended: bytes of the client.</summary>
    public long BytesUp { get; init; }

    /// <summary>Of a tunnel that has ended: bytes of the target.</summary>
    public long BytesDown { get; init; }

    /// <summary>Of a tunnel that has ended: why.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What has happened at a user's hub.</summary>
    /// <param name="user">The user.</param>
    /// <param name="kind">What.</param>
    /// <param name="subject">The connection, or the plugin's prefix.</param>
    /// <param name="connections">How many connections the user has now.</param>
    /// <returns>The event.</returns>
    public static RelayEvent OfHub(UserKey user, RelayEventKind kind, string subject, int connections) => new(user.Tenant, kind, subject) { UserId = user.UserId, Connections = connections };
}

/// <summary>Somebody who wants to know what happens: what is told by one actor, or of one connection, in its order.</summary>
public interface IRelayEvents
{
    /// <summary>Something has happened. Called within turns: it never blocks and never calls back.</summary>
    /// <param name="happened">What.</param>
    void Tell(in RelayEvent happened);
}
