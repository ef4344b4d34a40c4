using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Where each of a tenant's resumable streams lives. In the pool's turns only.</summary>
internal sealed class StreamHomes
{
    // As many as the gateways let their callers have.
    private readonly Dictionary<string, NodeEndRef> _claims = new(StringComparer.Ordinal);

    /// <summary>A gateway claims an id; told twice, it counts once.</summary>
    /// <returns>False when there is another stream with the id.</returns>
    public bool TryAdd(string id, NodeEndRef claim) => _claims.TryAdd(id, claim) || _claims[id].Equals(claim);

    public void Remove(string id, NodeEndRef claim)
    {
        if (_claims.TryGetValue(id, out var known) && known.Equals(claim)) _claims.Remove(id);
    }

    /// <summary>A stream's home.</summary>
    public GatewayRef? Find(string id) => _claims.GetValueOrDefault(id)?.Gateway;

    /// <summary>A gateway is lost with its streams.</summary>
    public void Lose(string gateway)
    {
        foreach (var (id, _) in _claims.Where(one => one.Value.Gateway.Id == gateway).ToList()) _claims.Remove(id);
    }
}
