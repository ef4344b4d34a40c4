namespace Relay.Core.Errors;

/// <summary>The errors that the relay itself tells a hub's client. <see cref="ErrorCatalogue"/> gives each its wire form.</summary>
public enum ErrorCode
{
    /// <summary>The connection's identity names no user.</summary>
    MissingUserId,

    /// <summary>The user has as many connections as allowed.</summary>
    MaxConnectionsReached,

    /// <summary>The user's hub could not be made.</summary>
    HubCreationFailed,

    /// <summary>The frame is not a JSON object, or its envelope is not usable.</summary>
    InvalidJson,

    /// <summary>The message has no type, or one that is not a string.</summary>
    UnknownCommand,

    /// <summary>No plugin's prefix matches the type.</summary>
    PluginNotFound,

    /// <summary>The plugin crashed on this message, or is marked failed.</summary>
    PluginFailed,

    /// <summary>The message is over the limit.</summary>
    MessageTooBig,

    /// <summary>The client did not read what was pushed to it.</summary>
    SlowConsumer,

    /// <summary>The user sends more messages than allowed.</summary>
    RateLimited,

    /// <summary>The plugin finished without answering.</summary>
    NoAnswer,

    /// <summary>The identity lacks the plugin's scope.</summary>
    Forbidden,

    /// <summary>The connection's token ran out.</summary>
    TokenExpired,

    /// <summary>The tenant is suspended.</summary>
    TenantSuspended,

    /// <summary>The relay is being stopped.</summary>
    GoingAway,

    /// <summary>The process that had taken the message was lost, gave its connection up, or ended its hub, before there was an answer: it may or may not have been handled.</summary>
    OutcomeUnknown,

    /// <summary>The tenant has as many rooms as allowed.</summary>
    TooManyRooms,

    /// <summary>The room's members may only receive, and this one sent.</summary>
    ReceiveOnly,

    /// <summary>A back end ended the connection.</summary>
    Disconnected,

    /// <summary>The tenant's own program does not let the connection in.</summary>
    NotAdmitted,

    /// <summary>The tenant's own program, which decides, could not be asked.</summary>
    AdmissionUnavailable,

    /// <summary>The tenant, or the user, has as many connections as allowed, of all kinds together.</summary>
    TooManyConnections,

    /// <summary>The fresh token of a live connection is not valid, or is not for this connection.</summary>
    InvalidToken,

    /// <summary>The room has as many members as allowed.</summary>
    RoomFull,
}

/// <summary>What an error means on the wire.</summary>
/// <param name="Code">The <c>error</c> member of the frame.</param>
/// <param name="Closes">Why the connection is closed after it, or null when it stays open.</param>
/// <param name="Meaning">A sentence for the documentation and for the frame's <c>message</c> when there is nothing more exact.</param>
public sealed record ErrorEntry(string Code, CloseReason? Closes, string Meaning)
{
    /// <summary>The connection stays open after the error, and is closed when it persists.</summary>
    public bool ClosesWhenItPersists { get; init; }
}
