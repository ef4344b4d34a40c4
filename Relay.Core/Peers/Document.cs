namespace Relay.Core.Peers;

/// <summary>A peer that is interested in a document.</summary>
/// <param name="PeerId">The peer.</param>
/// <param name="Place">Where its newest socket is.</param>
/// <typeparam name="TPlace">How the runtime names a gateway.</typeparam>
public readonly record struct Interested<TPlace>(string PeerId, TPlace Place);

/// <summary>Who is interested in a document, and at which gateway.</summary>
/// <typeparam name="TPlace">How the runtime names a gateway.</typeparam>
public sealed class Document<TPlace>
    where TPlace : notnull
{
    // A peer is at one gateway, unless it has connected again elsewhere and its older socket is still open.
    private readonly Dictionary<string, List<TPlace>> _peers = new(StringComparer.Ordinal);

    /// <summary>Whether nobody is interested.</summary>
    public bool IsEmpty => _peers.Count == 0;

    /// <summary>A peer is interested, perhaps not for the first time.</summary>
    /// <param name="peerId">The peer.</param>
    /// <param name="place">Where it is.</param>
    /// <returns>The others that are.</returns>
    public IReadOnlyList<Interested<TPlace>> Join(string peerId, TPlace place)
    {
        if (!_peers.TryGetValue(peerId, out var places)) _peers.Add(peerId, places = new(1));
        if (!places.Contains(place)) places.Add(place);
        var others = new List<Interested<TPlace>>(_peers.Count - 1);
        foreach (var (other, its) in _peers)
            if (other != peerId) others.Add(new(other, its[^1]));
        return others;
    }

    /// <summary>A peer at a gateway is not interested any more.</summary>
    /// <param name="peerId">The peer.</param>
    /// <param name="place">The gateway.</param>
    public void Leave(string peerId, TPlace place)
    {
        if (_peers.TryGetValue(peerId, out var places) && places.Remove(place) && places.Count == 0) _peers.Remove(peerId);
    }

    /// <summary>The peers that a gateway has, all of them: others that were known to be there are gone.</summary>
    /// <param name="place">The gateway.</param>
    /// <param name="peers">Its peers.</param>
    public void Sync(TPlace place, IReadOnlySet<string> peers)
    {
        foreach (var (peer, places) in _peers)
            if (places.Contains(place) && !peers.Contains(peer)) Leave(peer, place);
        foreach (var peer in peers)
        {
            if (!_peers.TryGetValue(peer, out var places)) _peers.Add(peer, places = new(1));
            // It repeats what was so before: it is not newer than a place that is known.
            if (!places.Contains(place)) places.Insert(0, place);
        }
    }
}
