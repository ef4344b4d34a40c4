namespace Relay.Core.Errors;

/// <summary>Why the relay closes a connection. <see cref="ErrorCatalogue"/> gives each its close code.</summary>
public enum CloseReason
{
    /// <summary>The client said goodbye.</summary>
    Normal,

    /// <summary>The relay is being stopped.</summary>
    GoingAway,

    /// <summary>The client broke RFC 6455.</summary>
    ProtocolError,

    /// <summary>A text message was not UTF-8.</summary>
    InvalidUtf8,

    /// <summary>A message was over the limit.</summary>
    MessageTooBig,

    /// <summary>The connection's identity names no user.</summary>
    MissingUserId,

    /// <summary>The tenant is suspended.</summary>
    TenantSuspended,

    /// <summary>The client did not read what was pushed to it.</summary>
    SlowConsumer,

    /// <summary>The user went on sending more messages than allowed.</summary>
    RateLimited,

    /// <summary>The user has as many connections as allowed.</summary>
    MaxConnectionsReached,

    /// <summary>The user's hub could not be made.</summary>
    HubCreationFailed,

    /// <summary>The tenant has as many rooms as allowed.</summary>
    TooManyRooms,

    /// <summary>The room's members may only receive, and this one sent.</summary>
    ReceiveOnly,

    /// <summary>The address names a peer that the connection's identity is not.</summary>
    ForeignPeer,

    /// <summary>The socket wants to be introduced for more documents than allowed.</summary>
    TooManyDocuments,

    /// <summary>A newer connection of the same peer waits for the same partner.</summary>
    Replaced,

    /// <summary>The partner did not come in time.</summary>
    HoldTimeout,

    /// <summary>The peer sent more than is held for a partner that has not come.</summary>
    HoldFull,

    /// <summary>The other end of the pipe has closed.</summary>
    PartnerGone,

    /// <summary>The connection's token ran out.</summary>
    TokenExpired,

    /// <summary>The peer did not answer pings, or ended without a close frame: nobody is there to read a code.</summary>
    PeerGone,

    /// <summary>A node of this id is connected already, and it lives.</summary>
    NodeIdTaken,

    /// <summary>The tenant has as many nodes as allowed.</summary>
    TooManyNodes,

    /// <summary>A node sent what is no message of its protocol, or at the wrong time.</summary>
    BadNodeMessage,

    /// <summary>A node did not say who it is.</summary>
    HelloTimeout,

    /// <summary>A node took nothing of what it was sent.</summary>
    NodeStalled,

    /// <summary>A tunnel's connection to its target was broken off.</summary>
    TunnelLost,

    /// <summary>Nothing came through a tunnel for the idle timeout.</summary>
    TunnelIdle,

    /// <summary>The bytes of a tunnel's user, or tenant, are used up.</summary>
    TunnelQuota,

    /// <summary>A back end ended the connection.</summary>
    Disconnected,

    /// <summary>The tenant's own program does not let the connection in.</summary>
    NotAdmitted,

    /// <summary>The tenant's own program, which decides, could not be asked.</summary>
    AdmissionUnavailable,

    /// <summary>The tenant, or the user, has as many connections as allowed, of all kinds together.</summary>
    TooManyConnections,

    /// <summary>The room has as many members as allowed.</summary>
    RoomFull,
}

/// <summary>Whether and when a client should come back.</summary>
public enum Reconnect
{
    /// <summary>The same connection would be refused again: something has to change first.</summary>
    Never,

    /// <summary>Right away.</summary>
    AtOnce,

    /// <summary>After a pause that grows, with jitter.</summary>
    Later,
}

/// <summary>What a close reason means on the wire.</summary>
/// <param name="Code">The close code of RFC 6455, or 0 when no close frame is sent.</param>
/// <param name="Name">The reason's name in metrics and logs, and the text of the close frame.</param>
/// <param name="Reconnect">What the client should do.</param>
/// <param name="Meaning">A sentence for the documentation.</param>
public sealed record CloseEntry(int Code, string Name, Reconnect Reconnect, string Meaning);
