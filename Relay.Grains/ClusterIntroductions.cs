using Relay.Core;
using Relay.Core.Peers;
using Relay.Core.Protocol;
using Relay.Core.Runtime;

namespace Relay.Grains;

/// <summary>A turn of a tenant's introductions at a gateway.</summary>
internal readonly record struct ClusterPeerInput(Action<Introductions<string>> Turn);

/// <summary>Hosts a tenant's peers of this gateway; their documents are elsewhere.</summary>
internal sealed class ClusterIntroductions : Mailbox<ClusterPeerInput>, IIntroductionsPort<string>
{
    private readonly ClusterPeers _peers;
    private readonly TenantId _tenant;
    private readonly Introductions<string> _rule;
    private int _edition;

    // By the document's id. Turns only.
    private readonly Dictionary<string, DocumentPump> _documents = new(StringComparer.Ordinal);

    public ClusterIntroductions(ClusterPeers peers, TenantId tenant, RuntimeClock clock)
        : base(clock)
    {
        (_peers, _tenant, _edition) = (peers, tenant, peers.Bounds.Edition.Number);
        _rule = new(peers.Bounds.Of(tenant).Peers.MaxDocuments, this);
    }

    public void Run(Action<Introductions<string>> turn) => Post(new(turn));

    /// <summary>Repeats to every document who is interested in it.</summary>
    public void Repeat() => Run(rule =>
    {
        foreach (var of in rule.Interests().GroupBy(static one => one.DocumentId, static one => one.PeerId))
            Document(of.Key).Sync([.. of]);
        foreach (var (id, pump) in _documents)
            if (!pump.IsBusy && !rule.IsInterested(id)) _documents.Remove(id);
    });

    void IIntroductionsPort<string>.Ask(Inquiry inquiry, string documentId) => Document(documentId).Join(inquiry);

    void IIntroductionsPort<string>.Leave(string peerId, string documentId) => Document(documentId).Leave(peerId);

    void IIntroductionsPort<string>.Introduce(string place, string peerId, Introduction introduction) =>
        _peers.Trunks.Send(place, new(TrunkKind.News, 0)
        {
            Subject = $"{_tenant.Name}\0{peerId}\0{introduction.PeerId}", // no id has U+0000 in it
            Texts = [_tenant.Name, peerId, introduction.PeerId, .. introduction.Documents],
        });

    protected override void OnTurn(in ClusterPeerInput input, Turn turn)
    {
        if (_peers.Bounds.Edition.Number is var edition && edition != _edition)
        {
            _edition = edition;
            _rule.Bound(_peers.Bounds.Of(_tenant).Peers.MaxDocuments);
        }

        input.Turn(_rule);
    }

    protected override void OnFault(Exception exception) => _peers.TurnFault(exception);

    private DocumentPump Document(string id)
    {
        if (!_documents.TryGetValue(id, out var pump)) _documents.Add(id, pump = new(_peers, this, new(_tenant, id)));
        return pump;
    }
}

/// <summary>A peer's link at a gateway of a cluster.</summary>
internal sealed class ClusterPeerLink(ClusterIntroductions introductions, IPeerConnection connection) : PeerLink
{
    public override void Join(IReadOnlyList<string> documents, PeerFormat format, Credit credit) => introductions.Run(rule => rule.Join(connection, documents, format, credit));

    public override void LeaveDocuments(IReadOnlyList<string> documents, Credit credit) => introductions.Run(rule => rule.Leave(connection, documents, credit));

    public override void Leave() => introductions.Run(rule => rule.Close(connection));
}
