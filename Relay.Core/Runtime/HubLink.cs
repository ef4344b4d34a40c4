using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>
/// A connection's way to its user's hub, the contract of both runtimes: messages go in order and are accepted, answers come
/// back to the connection's <see cref="Hubs.IHubConnection"/>. Used by the connection's receive loop alone.
/// </summary>
public abstract class HubLink
{
    /// <summary>Hands a message to the hub. It holds its credit until it is answered or done.</summary>
    /// <param name="message">The message.</param>
    public abstract void Send(in ClientEnvelope message);

    /// <summary>Tells the hub that the connection has closed. The last call.</summary>
    public abstract void Leave();
}
