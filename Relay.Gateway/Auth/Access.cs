namespace Relay.Gateway.Auth;

/// <summary>What a request wants. Each address and each operation names one; <see cref="Admission"/> says who may.</summary>
internal enum Access
{
    /// <summary>A connection to the user's own hub.</summary>
    Hub,

    /// <summary>A connection to a room.</summary>
    Room,

    /// <summary>A connection of a peer: introductions and pipes.</summary>
    Peer,

    /// <summary>A connection that serves models.</summary>
    Node,

    /// <summary>A call of a model, and its stream.</summary>
    Call,

    /// <summary>A connection with tunnels.</summary>
    Tunnel,

    /// <summary>To send to others' connections, from a back end.</summary>
    Publish,

    /// <summary>To look at the tenant's users, connections, rooms and nodes.</summary>
    Observe,

    /// <summary>To change how the tenant's own things run: to drain a node, to disconnect.</summary>
    Operate,

    /// <summary>To add, change and remove tenants: of the relay's operator alone.</summary>
    Administer,
}
