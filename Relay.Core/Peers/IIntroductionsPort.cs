namespace Relay.Core.Peers;

/// <summary>What the rule of introductions causes. Calls never block and never call back in the same turn.</summary>
/// <typeparam name="TPlace">How the runtime names a gateway.</typeparam>
public interface IIntroductionsPort<TPlace>
{
    /// <summary>Tells a document that a peer is interested in it; the answer is <see cref="Introductions{TPlace}.Found"/>.</summary>
    /// <param name="inquiry">What the answer is for.</param>
    /// <param name="documentId">The document.</param>
    void Ask(Inquiry inquiry, string documentId);

    /// <summary>Tells a document that a peer is not interested in it any more.</summary>
    /// <param name="peerId">The peer.</param>
    /// <param name="documentId">The document.</param>
    void Leave(string peerId, string documentId);

    /// <summary>Introduces one of this gateway's peers to one elsewhere; it is <see cref="Introductions{TPlace}.Introduce"/> there.</summary>
    /// <param name="place">Where the other is; it may be this gateway.</param>
    /// <param name="peerId">The other, which is told.</param>
    /// <param name="introduction">What it is told.</param>
    void Introduce(TPlace place, string peerId, Introduction introduction);
}
