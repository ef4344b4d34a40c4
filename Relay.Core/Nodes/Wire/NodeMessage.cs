namespace Relay.Core.Nodes.Wire;

/// <summary>Who sends a message.</summary>
public enum NodeSide
{
    /// <summary>The machine that dialled out.</summary>
    Node,

    /// <summary>The relay.</summary>
    Relay,
}

/// <summary>A message of control: one JSON text frame.</summary>
public abstract record NodeMessage;

/// <summary>Node to relay, first: who it is.</summary>
/// <param name="NodeId">The node's id, one of its tenant's.</param>
/// <param name="Models">The models that it serves.</param>
/// <param name="Capacity">How many requests it takes at once.</param>
/// <param name="Version">Its software, for people.</param>
public sealed record NodeHello(string NodeId, IReadOnlyList<string> Models, int Capacity, string Version) : NodeMessage;

/// <summary>Node to relay, on the welcome's interval, and at once when the capacity or the models change.</summary>
/// <param name="InFlight">Requests that it has.</param>
/// <param name="Capacity">How many it takes at once now; 0 for none.</param>
/// <param name="Models">All models that it serves now; null when they are the same as before.</param>
public sealed record NodeHeartbeat(int InFlight, int Capacity, IReadOnlyList<string>? Models) : NodeMessage;

/// <summary>Node to relay: the head of a response. Its body follows.</summary>
/// <param name="Id">The request.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">Its fields, names in lower case.</param>
public sealed record NodeResponse(long Id, int Status, IReadOnlyList<KeyValuePair<string, string>> Headers) : NodeMessage;

/// <summary>Node to relay: the request has failed, before the response or within its body. It has ended.</summary>
/// <param name="Id">The request.</param>
/// <param name="Code">One of <see cref="NodeErrorCodes"/>, or one that a later version adds.</param>
/// <param name="Message">For people.</param>
public sealed record NodeError(long Id, string Code, string Message) : NodeMessage;

/// <summary>Relay to node, the answer to hello.</summary>
/// <param name="HeartbeatInterval">How often a heartbeat is due.</param>
/// <param name="ChunkBytes">The most bytes of a body in one binary frame, either way.</param>
/// <param name="WindowBytes">The credit that every body begins with, either way.</param>
/// <param name="MaxBodyBytes">The longest request body that there will be.</param>
/// <param name="Version">The relay's software, for people.</param>
public sealed record NodeWelcome(TimeSpan HeartbeatInterval, int ChunkBytes, int WindowBytes, long MaxBodyBytes, string Version) : NodeMessage;

/// <summary>Relay to node: a request. Its body follows.</summary>
/// <param name="Id">Its id, greater than all before on this socket.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, without a query.</param>
/// <param name="Headers">Its fields, names in lower case.</param>
/// <param name="ContentLength">The length of its body.</param>
public sealed record NodeRequest(long Id, string Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Headers, long ContentLength) : NodeMessage;

/// <summary>Relay to node: nobody wants the answer any more. The request has ended, and nothing needs to be sent for it.</summary>
/// <param name="Id">The request.</param>
public sealed record NodeCancel(long Id) : NodeMessage;

/// <summary>Both ways: what runs is finished, and nothing new begins.</summary>
public sealed record NodeDrain : NodeMessage;

/// <summary>Relay to node: there will be requests again.</summary>
public sealed record NodeResume : NodeMessage;

/// <summary>Both ways: the body's sender may send so many bytes more.</summary>
/// <param name="Id">The request.</param>
/// <param name="Bytes">How many, 1 at the least.</param>
public sealed record NodeCredit(long Id, int Bytes) : NodeMessage;

/// <summary>Why a node could not serve a request.</summary>
public static class NodeErrorCodes
{
    /// <summary>The node could not connect to its model server.</summary>
    public const string UpstreamUnreachable = "upstream_unreachable";

    /// <summary>The model server broke off, or answered with something that is no HTTP.</summary>
    public const string UpstreamFailed = "upstream_failed";

    /// <summary>The node has as many requests as it takes.</summary>
    public const string Busy = "busy";

    /// <summary>The node does not forward this method and path.</summary>
    public const string NotForwarded = "not_forwarded";

    /// <summary>The node ends, and does not finish the request.</summary>
    public const string GoingAway = "going_away";

    /// <summary>A fault of the node.</summary>
    public const string Internal = "internal";
}
