using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Rooms;

/// <summary>A room's port to one member's connection. Every call may come from any thread, never blocks and never calls back.</summary>
public interface IRoomConnection
{
    /// <summary>The connection's id.</summary>
    string Id { get; }

    /// <summary>Whose connection it is; a member need not have a user.</summary>
    UserIdentity Identity { get; }

    /// <summary>Sends what goes to many members. When the outbox is full the connection closes itself as a slow consumer. One room's turns alone call it.</summary>
    /// <param name="batch">The messages.</param>
    void Deliver(FrameBatch batch);

    /// <summary>Sends what is for this member alone, in order with what is delivered. When the outbox is full the connection closes itself.</summary>
    /// <param name="frame">The frame.</param>
    void Push(Frame frame);

    /// <summary>Gives the credit of a member's message back.</summary>
    /// <param name="credit">The message's credit.</param>
    void Return(Credit credit);

    /// <summary>Closes the connection.</summary>
    /// <param name="error">An error of the catalogue that closes.</param>
    void Close(ErrorCode error);
}

/// <summary>What others are told of a member.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="UserId">The user, or nothing.</param>
public sealed record RoomMemberInfo(string ConnectionId, string UserId);
