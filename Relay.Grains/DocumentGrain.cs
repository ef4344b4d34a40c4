using Orleans.Placement;
using Relay.Core.Peers;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Hosts a <see cref="Document{TPlace}"/>. What it knows comes back by the gateways' repetitions when it begins anew elsewhere (DESIGN rule 7).</summary>
[PreferLocalPlacement]
internal sealed class DocumentGrain(ClusterOptions cluster, TimeProvider time) : Grain, IDocumentGrain
{
    private static readonly HashSet<string> Nobody = [];

    private readonly Document<string> _document = new();
    private readonly ClockNumbers _numbers = new(time);
    private readonly Dictionary<string, (GatewayRef Gateway, long Acquainted, long Heard)> _gateways = new(StringComparer.Ordinal);

    public Task<DocumentReply> Change(GatewayRef gateway, Interest[] changes)
    {
        var knew = Hear(gateway);
        var others = new List<PeerPlace[]>();
        foreach (var change in changes)
        {
            if (change.IsJoin) others.Add([.. _document.Join(change.PeerId, gateway.Id).Select(other => new PeerPlace(other.PeerId, _gateways[other.Place].Gateway))]);
            else _document.Leave(change.PeerId, gateway.Id);
        }

        EndIfIdle();
        return Task.FromResult(new DocumentReply([.. others], knew, _gateways[gateway.Id].Acquainted));
    }

    public Task<bool> Sync(GatewayRef gateway, string[] peers)
    {
        var knew = Hear(gateway);
        _document.Sync(gateway.Id, peers.ToHashSet(StringComparer.Ordinal));
        EndIfIdle();
        return Task.FromResult(knew);
    }

    private bool Hear(GatewayRef gateway)
    {
        foreach (var (id, known) in _gateways)
        {
            if (id == gateway.Id || time.GetElapsedTime(known.Heard) <= cluster.Lease * 2) continue;
            // It has not repeated its peers: it is gone, and they with it.
            _document.Sync(id, Nobody);
            _gateways.Remove(id);
        }

        var knew = _gateways.TryGetValue(gateway.Id, out var before);
        _gateways[gateway.Id] = (gateway, knew ? before.Acquainted : _numbers.Next(), time.GetTimestamp());
        return knew;
    }

    private void EndIfIdle()
    {
        if (_document.IsEmpty) DeactivateOnIdle();
    }
}
