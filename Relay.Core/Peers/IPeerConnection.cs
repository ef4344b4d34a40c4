using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Peers;

/// <summary>The port to one peer's socket for introductions. Calls may come from any thread, never block and never call back.</summary>
public interface IPeerConnection
{
    /// <summary>
    /// Introduces another peer. When the outbox has no room the introduction waits, and a newer one of the same peer takes its place; a socket for
    /// which too many bytes wait is closed.
    /// </summary>
    /// <param name="peerId">The other peer.</param>
    /// <param name="frame">The introduction.</param>
    void Introduce(string peerId, Frame frame);

    /// <summary>A message of the peer's has been done; its credit comes back when the introductions that it led to have room.</summary>
    /// <param name="credit">The message's credit.</param>
    void Done(Credit credit);

    /// <summary>Closes the socket.</summary>
    /// <param name="reason">Why.</param>
    void Close(CloseReason reason);
}
