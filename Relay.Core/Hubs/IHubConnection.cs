using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;

namespace Relay.Core.Hubs;

/// <summary>A hub's and its plugins' port to one connection. Every call may come from any thread, never blocks and never calls back.</summary>
public interface IHubConnection
{
    /// <summary>The connection's id, unique and not to be guessed.</summary>
    string Id { get; }

    /// <summary>Whose connection it is.</summary>
    UserIdentity Identity { get; }

    /// <summary>Whether it has closed: what is sent to it is dropped.</summary>
    bool IsClosed { get; }

    /// <summary>Whether the outbox is below its bound, so that another answer may be made; also true when the connection has closed.</summary>
    bool HasRoom { get; }

    /// <summary>
    /// Queues an answer. It is never refused: whoever makes answers waits for <see cref="HasRoom"/> first, so that the outbox
    /// overshoots its bound by one answer for each plugin at the most.
    /// </summary>
    /// <param name="frame">The answer.</param>
    /// <param name="credit">What goes back to the connection's inbound credit when the answer's bytes have left.</param>
    void Answer(Frame frame, Credit credit);

    /// <summary>Queues a frame that nobody asked for. When the outbox is full the connection closes itself as a slow consumer.</summary>
    /// <param name="frame">The frame.</param>
    void Push(Frame frame);

    /// <summary>Gives credit back for a message that needs no answer.</summary>
    /// <param name="credit">The message's credit.</param>
    void Return(Credit credit);

    /// <summary>The hub ends and has not begun with a message. In a cluster it goes to the hub's successor; where there will be none it is answered <c>going_away</c>.</summary>
    /// <param name="message">The message, with the credit that it holds.</param>
    void HandBack(in ClientEnvelope message)
    {
        Answer(Frames.Error(ErrorCode.GoingAway, null, message.RequestId), message.Credit);
        RelayTrace.End(message, ErrorCode.GoingAway);
    }

    /// <summary>Counts requests that go on after their credit was given back; a drain waits for them as for messages under way.</summary>
    /// <param name="by">1 when a request is detached, -1 behind its terminal.</param>
    void KeepOpen(int by);

    /// <summary>Closes the connection for a reason that its error frame and close code tell.</summary>
    /// <param name="error">An error of the catalogue that closes.</param>
    void Close(ErrorCode error);

    /// <summary>Asks to be told when the outbox has room again or the connection has closed.</summary>
    /// <param name="waiter">Who is told, once.</param>
    /// <returns>False when there is room already, or the connection has closed: nothing will be told.</returns>
    bool WhenRoom(IRoomWaiter waiter);
}

/// <summary>Somebody who waits for room in a connection's outbox.</summary>
public interface IRoomWaiter
{
    /// <summary>There is room, or the connection has closed.</summary>
    /// <param name="connection">The connection.</param>
    void RoomAgain(IHubConnection connection);
}
