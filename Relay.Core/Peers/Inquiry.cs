using Relay.Core.Protocol;

namespace Relay.Core.Peers;

/// <summary>A peer's message on its way to the documents: done when all have answered.</summary>
public sealed class Inquiry
{
    internal Inquiry(string peerId, IPeerConnection connection, Credit credit, int documents) =>
        (PeerId, Connection, Credit, Missing) = (peerId, connection, credit, documents);

    /// <summary>The peer that asks.</summary>
    public string PeerId { get; }

    internal IPeerConnection Connection { get; }

    internal Credit Credit { get; }

    // Documents that have not answered yet.
    internal int Missing { get; set; }

    // By the other peer's id, in the order in which they were found; a place is a TPlace.
    internal Dictionary<string, (object Place, List<string> Documents)> Common { get; } = new(StringComparer.Ordinal);
}
