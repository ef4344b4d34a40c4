using System.Text;
using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Peers;

/// <summary>
/// A tenant's peers at one gateway, and which documents they are interested in. Every join, also a repeated one, introduces the peer to each
/// other that has a document in common with it, and each of those to it; both are told all documents that they have in common.
/// </summary>
/// <remarks>
/// A peer may have several sockets: the newest is told, and when it closes, the one before it. The peer is interested in what any of its sockets has joined.
/// </remarks>
/// <typeparam name="TPlace">How the runtime names a gateway.</typeparam>
public sealed class Introductions<TPlace>
    where TPlace : notnull
{
    // What a document's id may have on average, and what a socket's ids may have together however few it may name.
    private const int AverageIdBytes = 100;
    private const int LeastIdBytes = 64 * 1024;

    private readonly Dictionary<string, Peer> _peers = new(StringComparer.Ordinal);
    private readonly Dictionary<IPeerConnection, Socket> _sockets = [];
    private readonly IIntroductionsPort<TPlace> _port;
    private int _maxDocuments;
    private long _maxIdBytes;

    /// <summary>Makes the rule.</summary>
    /// <param name="maxDocuments">Documents that one socket may be interested in; who wants more is closed.</param>
    /// <param name="port">Its effects.</param>
    public Introductions(int maxDocuments, IIntroductionsPort<TPlace> port)
    {
        _port = port;
        Bound(maxDocuments);
    }

    /// <summary>Peers that have a socket here.</summary>
    public int Count => _peers.Count;

    /// <summary>Goes on with another bound, which counts from a socket's next join on.</summary>
    /// <param name="maxDocuments">Documents that one socket may be interested in.</param>
    public void Bound(int maxDocuments) => (_maxDocuments, _maxIdBytes) = (maxDocuments, Math.Max(LeastIdBytes, (long)maxDocuments * AverageIdBytes));

    /// <summary>The documents of each peer, to be repeated to them.</summary>
    /// <returns>Peer and document.</returns>
    public IEnumerable<(string PeerId, string DocumentId)> Interests() => _peers.Values.SelectMany(static peer => peer.Documents.Keys.Select(document => (peer.Id, document)));

    /// <summary>Whether any peer here is interested in a document.</summary>
    /// <param name="documentId">The document.</param>
    /// <returns>True when one is.</returns>
    public bool IsInterested(string documentId) => _peers.Values.Any(peer => peer.Documents.ContainsKey(documentId));

    /// <summary>A document that was lost began anew, and those who joined it since may not have met all others.</summary>
    /// <param name="documentId">The document.</param>
    public void MeetAgain(string documentId)
    {
        foreach (var peer in _peers.Values)
            if (peer.Documents.ContainsKey(documentId)) Ask(peer, peer.Sockets[^1].Connection, Credit.None);
    }

    /// <summary>A peer has connected.</summary>
    /// <param name="peerId">Its id.</param>
    /// <param name="connection">Its socket.</param>
    public void Open(string peerId, IPeerConnection connection)
    {
        if (!_peers.TryGetValue(peerId, out var peer)) _peers.Add(peerId, peer = new(peerId));
        var socket = new Socket(connection, peer);
        peer.Sockets.Add(socket);
        _sockets.Add(connection, socket);
    }

    /// <summary>A peer is interested in documents, beside those that it has named before.</summary>
    /// <param name="connection">Its socket.</param>
    /// <param name="documents">The documents, perhaps none and some twice.</param>
    /// <param name="format">The format in which it said so, and wants to be told.</param>
    /// <param name="credit">What the message holds.</param>
    public void Join(IPeerConnection connection, IReadOnlyList<string> documents, PeerFormat format, Credit credit)
    {
        if (!_sockets.TryGetValue(connection, out var socket)) return;
        socket.Format = socket.Peer.Format = format;
        if (documents.Count == 0)
        {
            connection.Done(credit);
            return;
        }

        foreach (var document in documents)
        {
            if (!socket.Documents.Add(document)) continue;
            socket.IdBytes += Encoding.UTF8.GetByteCount(document);
            socket.Peer.Documents[document] = socket.Peer.Documents.GetValueOrDefault(document) + 1;
        }

        if (socket.Documents.Count > _maxDocuments || socket.IdBytes > _maxIdBytes)
        {
            connection.Close(CloseReason.TooManyDocuments);
            return;
        }

        Ask(socket.Peer, connection, credit);
    }

    /// <summary>A peer is not interested in documents any more. Nobody is told.</summary>
    /// <param name="connection">Its socket.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="credit">What the message holds.</param>
    public void Leave(IPeerConnection connection, IReadOnlyList<string> documents, Credit credit)
    {
        if (!_sockets.TryGetValue(connection, out var socket)) return;
        foreach (var document in documents)
        {
            if (!socket.Documents.Remove(document)) continue;
            socket.IdBytes -= Encoding.UTF8.GetByteCount(document);
            Release(socket.Peer, document);
        }

        connection.Done(credit);
    }

    /// <summary>A peer's socket has closed.</summary>
    /// <param name="connection">The socket.</param>
    public void Close(IPeerConnection connection)
    {
        if (!_sockets.Remove(connection, out var socket)) return;
        var peer = socket.Peer;
        peer.Sockets.Remove(socket);
        foreach (var document in socket.Documents) Release(peer, document);
        if (peer.Sockets.Count == 0) _peers.Remove(peer.Id);
    }

    /// <summary>A document has answered.</summary>
    /// <param name="inquiry">What it was asked for.</param>
    /// <param name="documentId">The document.</param>
    /// <param name="others">The other peers that are interested in it.</param>
    public void Found(Inquiry inquiry, string documentId, IReadOnlyList<Interested<TPlace>> others)
    {
        foreach (var other in others)
        {
            if (!inquiry.Common.TryGetValue(other.PeerId, out var common)) inquiry.Common.Add(other.PeerId, common = (other.Place, []));
            common.Documents.Add(documentId);
        }

        if (--inquiry.Missing > 0) return;
        if (_sockets.ContainsKey(inquiry.Connection)) Answer(inquiry);
        if (inquiry.Credit != Credit.None) inquiry.Connection.Done(inquiry.Credit);
    }

    /// <summary>A peer of this gateway is told of another.</summary>
    /// <param name="peerId">The peer that is told.</param>
    /// <param name="introduction">Of whom.</param>
    public void Introduce(string peerId, Introduction introduction)
    {
        if (!_peers.TryGetValue(peerId, out var peer)) return;
        var newest = peer.Sockets[^1];
        // A socket that has said nothing yet is taken to speak as the one before it.
        newest.Connection.Introduce(introduction.PeerId, introduction.In(newest.Format ?? peer.Format));
    }

    // Many share the same documents, and then the very same frame is sent to all of them.
    private void Answer(Inquiry inquiry)
    {
        Introduction? last = null;
        foreach (var (other, (place, documents)) in inquiry.Common)
        {
            if (last is null || !last.Documents.SequenceEqual(documents)) last = new(inquiry.PeerId, documents);
            Introduce(inquiry.PeerId, new Introduction(other, documents));
            _port.Introduce((TPlace)place, other, last);
        }
    }

    private void Ask(Peer peer, IPeerConnection connection, Credit credit)
    {
        var inquiry = new Inquiry(peer.Id, connection, credit, peer.Documents.Count);
        foreach (var (document, _) in peer.Documents) _port.Ask(inquiry, document);
    }

    private void Release(Peer peer, string document)
    {
        if (--peer.Documents[document] > 0) return;
        peer.Documents.Remove(document);
        _port.Leave(peer.Id, document);
    }

    private sealed class Peer(string id)
    {
        internal string Id => id;

        internal PeerFormat Format { get; set; }

        // The newest last.
        internal List<Socket> Sockets { get; } = [];

        // How many of the sockets are interested in each.
        internal Dictionary<string, int> Documents { get; } = new(StringComparer.Ordinal);
    }

    private sealed class Socket(IPeerConnection connection, Peer peer)
    {
        internal IPeerConnection Connection => connection;

        internal Peer Peer => peer;

        internal PeerFormat? Format { get; set; }

        internal HashSet<string> Documents { get; } = new(StringComparer.Ordinal);

        internal long IdBytes { get; set; }
    }
}
