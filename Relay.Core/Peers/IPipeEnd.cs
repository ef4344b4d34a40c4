using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Peers;

/// <summary>One end of a pipe as the other end and the runtime see it. Calls may come from any thread and never block.</summary>
public interface IPipeEnd
{
    /// <summary>The other end is there: what was held goes to it now, and all that follows.</summary>
    /// <param name="other">The other end.</param>
    void Pair(IPipeEnd other);

    /// <summary>The other end's next frames, or a part of one, as they go on the wire.</summary>
    /// <param name="piece">The bytes.</param>
    /// <param name="credit">What goes back to the other end by <see cref="Passed"/> when they have left.</param>
    void Send(Frame piece, Credit credit);

    /// <summary>The other end has passed on what held so much.</summary>
    /// <param name="credit">The credit.</param>
    void Passed(Credit credit);

    /// <summary>The other end has closed: this one closes when all that it was sent has left.</summary>
    void Finish();

    /// <summary>Closes the end.</summary>
    /// <param name="reason">Why.</param>
    void Close(CloseReason reason);
}
