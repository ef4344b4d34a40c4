using Relay.Core.Protocol;

namespace Relay.Core.Peers;

/// <summary>What peers are told of another one: who it is, and all documents that both are interested in. Encoded once for each format.</summary>
/// <param name="peerId">The peer that is introduced.</param>
/// <param name="documents">The documents.</param>
public sealed class Introduction(string peerId, IReadOnlyList<string> documents)
{
    private Frame _json;
    private Frame _messagePack;

    /// <summary>The peer that is introduced.</summary>
    public string PeerId => peerId;

    /// <summary>The documents.</summary>
    public IReadOnlyList<string> Documents => documents;

    /// <summary>The frame for a peer that speaks a format. One turn at a time.</summary>
    /// <param name="format">The format.</param>
    /// <returns>The frame.</returns>
    public Frame In(PeerFormat format)
    {
        switch (format)
        {
            case PeerFormat.Json:
                if (_json.Bytes is null) _json = PeerJson.Introduction(peerId, documents);
                return _json;
            case PeerFormat.MessagePack:
                if (_messagePack.Bytes is null) _messagePack = PeerMessagePack.Introduction(peerId, documents);
                return _messagePack;
        }

        throw new ArgumentOutOfRangeException(nameof(format));
    }
}
