using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Nodes;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The nodes of a gateway in a cluster, and its callers: the tenant's pool, wherever it is, brings them together, and what they say goes from gateway to gateway.</summary>
internal sealed class ClusterNodes : INodeRuntime, IDisposable
{
    private readonly ConcurrentDictionary<TenantId, ClusterNodePool> _pools = new();
    private readonly OrleansRuntime _runtime;
    private readonly ITimer _beat;

    public ClusterNodes(OrleansRuntime runtime)
    {
        _runtime = runtime;
        Streams = new ClusterStreams(this);
        _beat = runtime.Time.CreateTimer(static state => ((ClusterNodes)state!).Beat(), this, runtime.Options.SyncInterval, runtime.Options.SyncInterval);
    }

    public NodeCounters Counters { get; } = new();

    public IStreamRuntime Streams { get; }

    internal Trunks Trunks => _runtime.ClusterPeers.Trunks;

    internal ClusterOptions Options => _runtime.Options;

    internal TimeProvider Time => _runtime.Time;

    internal GatewayRef Gateway => _runtime.Gateway;

    internal ClusterLog Log => _runtime.Log;

    internal bool IsOver => _runtime.IsOver;

    public NodeLink Open(TenantId tenant, INodeSocket socket) => Pool(tenant).Open(socket);

    public CallLink Call(TenantId tenant, NodeAsk ask, INodeCaller caller) => Pool(tenant).Call(ask, caller);

    public async ValueTask<NodeListing> ListAsync(TenantId tenant)
    {
        var listing = await Grain(tenant).List();
        return new(
            [.. listing.Nodes.Select(static node => new NodeDescription(node.Offer.ToOffer(), node.InFlight, node.IsDraining))],
            [.. listing.Models.Select(static model => new ModelDescription(model.Model, model.Nodes, model.Waiting))]);
    }

    public async ValueTask<bool> DrainAsync(TenantId tenant, string nodeId, bool drains) => await Grain(tenant).Drain(nodeId, drains);

    /// <summary>A tenant's pool tells.</summary>
    public void Take(NodeNewsBatch batch)
    {
        if (_pools.TryGetValue(new(batch.Tenant), out var pool)) pool.Take(batch);
    }

    /// <summary>A tenant's pool has just begun.</summary>
    /// <returns>Whether there is anything to tell it, which is told then.</returns>
    public bool Tell(TenantId tenant) => _pools.TryGetValue(tenant, out var pool) && pool.TellPool();

    public void Dispose() => _beat.Dispose();

    internal INodePoolGrain Grain(TenantId tenant)
    {
        TenantContext.Set(tenant);
        DirectoryContext.Set(Gateway.Directory);
        return _runtime.Grains.NodePool(tenant);
    }

    /// <summary>How another gateway is reached.</summary>
    internal void Learn(GatewayRef gateway) => _runtime.ClusterPeers.Learn(gateway);

    internal ClusterNodePool Pool(TenantId tenant) => _pools.GetOrAdd(tenant, static (key, nodes) => new(nodes, key), this);

    private void Beat()
    {
        foreach (var (_, pool) in _pools) pool.Beat();
    }
}
