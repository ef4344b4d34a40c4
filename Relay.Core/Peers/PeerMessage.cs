namespace Relay.Core.Peers;

/// <summary>The two generations of the wire format: what a peer speaks shows in the kind of its frames.</summary>
public enum PeerFormat
{
    /// <summary>JSON in text messages; a peer is called <c>userName</c>.</summary>
    Json,

    /// <summary>MessagePack in binary messages; a peer is called <c>peerId</c>.</summary>
    MessagePack,
}

/// <summary>What a peer wants.</summary>
public enum PeerVerb
{
    /// <summary>Nothing that the relay has to answer: a heartbeat, a type of its own, or no message at all.</summary>
    None,

    /// <summary>It is interested in documents.</summary>
    Join,

    /// <summary>It is not interested in them any more.</summary>
    Leave,
}

/// <summary>A message of a peer's.</summary>
/// <param name="Verb">What it wants.</param>
/// <param name="Documents">The documents that it names, without those whose id is none.</param>
/// <param name="IsMalformed">Whether it was no message at all; it is ignored like one of an unknown type.</param>
public readonly record struct PeerMessage(PeerVerb Verb, IReadOnlyList<string> Documents, bool IsMalformed = false)
{
    internal static PeerMessage None { get; } = new(PeerVerb.None, []);

    internal static PeerMessage Malformed { get; } = new(PeerVerb.None, [], true);

    /// <summary>Reads a message. Whatever it is, the socket stays open: that is the contract of the published clients.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="format">Its format.</param>
    /// <returns>The message.</returns>
    public static PeerMessage Read(ReadOnlySpan<byte> payload, PeerFormat format) => format switch
    {
        PeerFormat.Json => PeerJson.Read(payload),
        PeerFormat.MessagePack => PeerMessagePack.Read(payload),
    };

    // "join" is another name for documentIds; the longer one counts when both are there.
    internal static PeerMessage Of(string? type, List<string>? documentIds, List<string>? join) => type switch
    {
        "Join" => new(PeerVerb.Join, documentIds ?? join ?? []),
        "Leave" => new(PeerVerb.Leave, documentIds ?? join ?? []),
        _ => None,
    };
}
