using Relay.Core.Peers;

namespace Relay.Core.Runtime;

/// <summary>Hosts a tenant's peers and documents in one process: performs the effects of <see cref="Introductions{TPlace}"/>. There is one place, this one.</summary>
internal sealed class IntroductionsActor : Mailbox<IntroductionsInput>, IIntroductionsPort<IntroductionsActor>
{
    private readonly Introductions<IntroductionsActor> _introductions;
    private readonly Dictionary<string, Document<IntroductionsActor>> _documents = new(StringComparer.Ordinal);

    // What the turn has asked for; done behind it.
    private readonly Queue<(Inquiry Inquiry, string Document)> _asked = new();
    private readonly Queue<(string PeerId, Introduction Introduction)> _told = new();
    private readonly LocalPeers _peers;
    private readonly TenantId _tenant;
    private int _edition;

    internal IntroductionsActor(LocalPeers peers, TenantId tenant, RuntimeClock clock)
        : base(clock)
    {
        (_peers, _tenant, _edition) = (peers, tenant, peers.Options.Edition.Number);
        _introductions = new(peers.Options.Of(tenant).Peers.MaxDocuments, this);
    }

    void IIntroductionsPort<IntroductionsActor>.Ask(Inquiry inquiry, string documentId) => _asked.Enqueue((inquiry, documentId));

    void IIntroductionsPort<IntroductionsActor>.Leave(string peerId, string documentId)
    {
        if (!_documents.TryGetValue(documentId, out var document)) return;
        document.Leave(peerId, this);
        if (document.IsEmpty) _documents.Remove(documentId);
    }

    void IIntroductionsPort<IntroductionsActor>.Introduce(IntroductionsActor place, string peerId, Introduction introduction) => _told.Enqueue((peerId, introduction));

    protected override void OnTurn(in IntroductionsInput input, Turn turn)
    {
        if (_peers.Options.Edition.Number is var edition && edition != _edition)
        {
            _edition = edition;
            _introductions.Bound(_peers.Options.Of(_tenant).Peers.MaxDocuments);
        }

        switch (input.Kind)
        {
            case IntroductionsInput.Kinds.Open:
                _introductions.Open((string)input.More!, input.Connection);
                break;
            case IntroductionsInput.Kinds.Join:
                _introductions.Join(input.Connection, input.Documents, input.Format, input.Credit);
                break;
            case IntroductionsInput.Kinds.Leave:
                _introductions.Leave(input.Connection, input.Documents, input.Credit);
                break;
            case IntroductionsInput.Kinds.Close:
                _introductions.Close(input.Connection);
                break;
        }

        while (_asked.TryDequeue(out var asked))
        {
            if (!_documents.TryGetValue(asked.Document, out var document)) _documents.Add(asked.Document, document = new());
            _introductions.Found(asked.Inquiry, asked.Document, document.Join(asked.Inquiry.PeerId, this));
            while (_told.TryDequeue(out var told)) _introductions.Introduce(told.PeerId, told.Introduction);
        }
    }

    protected override void OnFault(Exception exception) => _peers.TurnFault(exception, "tenant's introductions");
}

/// <summary>A peer's link in the same process.</summary>
internal sealed class LocalPeerLink(IntroductionsActor actor, IPeerConnection connection) : PeerLink
{
    public override void Join(IReadOnlyList<string> documents, PeerFormat format, Protocol.Credit credit) => actor.Post(IntroductionsInput.Join(connection, documents, format, credit));

    public override void LeaveDocuments(IReadOnlyList<string> documents, Protocol.Credit credit) => actor.Post(IntroductionsInput.Leave(connection, documents, credit));

    public override void Leave() => actor.Post(IntroductionsInput.Close(connection));
}
