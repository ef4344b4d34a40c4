using Relay.Core.Peers;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>Introduces peers to each other and brings the ends of pipes together, in this process or in a cluster.</summary>
public interface IPeerRuntime
{
    /// <summary>A peer has connected to be introduced to others.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="connection">Its socket.</param>
    /// <returns>The socket's link, which must be ended with <see cref="RuntimeLink.Leave"/>.</returns>
    PeerLink Open(PeerKey peer, IPeerConnection connection);

    /// <summary>A peer wants to talk with another about a document. When that one has come as well, <see cref="IPipeEnd.Pair"/> is called on both ends.</summary>
    /// <param name="pipe">The pipe.</param>
    /// <param name="isSecond">Whether it is the pipe's second peer.</param>
    /// <param name="end">The peer's end.</param>
    /// <returns>The end's link, which must be ended with <see cref="RuntimeLink.Leave"/>.</returns>
    RuntimeLink Connect(PipeKey pipe, bool isSecond, IPipeEnd end);
}

/// <summary>A way to what a connection is joined to.</summary>
public abstract class RuntimeLink
{
    /// <summary>The connection has closed. The last call.</summary>
    public abstract void Leave();
}

/// <summary>A peer's way to the documents. Used by the socket's receive loop alone.</summary>
public abstract class PeerLink : RuntimeLink
{
    /// <summary>The peer is interested in documents. The message's credit comes back by <see cref="IPeerConnection.Done"/>.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="format">What the peer speaks.</param>
    /// <param name="credit">What the message holds.</param>
    public abstract void Join(IReadOnlyList<string> documents, PeerFormat format, Credit credit);

    /// <summary>The peer is not interested in them any more.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="credit">What the message holds.</param>
    public abstract void LeaveDocuments(IReadOnlyList<string> documents, Credit credit);
}
