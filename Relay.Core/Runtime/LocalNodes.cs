using System.Collections.Concurrent;
using Relay.Core.Nodes;

namespace Relay.Core.Runtime;

/// <summary>The nodes of one process.</summary>
internal sealed class LocalNodes(RuntimeOptions options, RuntimeClock clock, Action<Exception, string> fault) : INodeRuntime
{
    // A tenant is here as long as it has nodes, or had them a moment ago: whoever asks for nodes of a tenant that has none is refused without it.
    private readonly ConcurrentDictionary<TenantId, NodePoolActor> _pools = new();

    public NodeCounters Counters { get; } = new();

    public IStreamRuntime Streams { get; } = new LocalStreams();

    internal RuntimeOptions Options => options;

    public NodeLink Open(TenantId tenant, INodeSocket socket) => new LocalNodeLink(Pool(tenant), socket);

    public CallLink Call(TenantId tenant, NodeAsk ask, INodeCaller caller) => new LocalCallLink(this, tenant, ask, caller);

    public async ValueTask<NodeListing> ListAsync(TenantId tenant)
    {
        if (!_pools.TryGetValue(tenant, out var found)) return new([], []);
        return await AskAsync(found, static (pool, _) => new NodeListing([.. pool.Nodes()], [.. pool.Models()]));
    }

    public async ValueTask<bool> DrainAsync(TenantId tenant, string nodeId, bool drains) =>
        _pools.TryGetValue(tenant, out var found) && await AskAsync(found, (pool, turn) => pool.Drain(nodeId, drains, turn));

    internal RuntimeClock Clock => clock;

    /// <summary>Time has passed.</summary>
    internal void Sweep()
    {
        foreach (var (_, pool) in _pools) pool.Post(new(NodePoolInput.Kinds.Tick));
    }

    /// <summary>Tenants of which something is kept.</summary>
    internal int Tenants => _pools.Count;

    /// <summary>Nothing is left of a tenant's nodes: names of tenants cost nothing for ever.</summary>
    internal void Forget(TenantId tenant, NodePoolActor pool) => _pools.TryRemove(new(tenant, pool));

    /// <summary>What came to a pool that was forgotten is for its successor; all of one link comes this way, and so in its order.</summary>
    internal void PassOn(TenantId tenant, in NodePoolInput input)
    {
        if (input.Kind == NodePoolInput.Kinds.Tick) return;
        if (input.Kind != NodePoolInput.Kinds.Ask) Pool(tenant).Post(input);
        else if (Find(tenant) is { } pool) pool.Post(input);
        else Refuse(input.Caller!);
    }

    /// <summary>The nodes of a tenant that has had any.</summary>
    internal NodePoolActor? Find(TenantId tenant) => _pools.GetValueOrDefault(tenant);

    /// <summary>The tenant has no nodes.</summary>
    internal void Refuse(INodeCaller caller)
    {
        Counters.CountRefusal(CallRefusal.UnknownModel);
        caller.Refuse(CallRefusal.UnknownModel);
    }

    internal void TurnFault(Exception exception)
    {
        Interlocked.Increment(ref Counters.TurnFaultsValue);
        fault(exception, "tenant's nodes");
    }

    private NodePoolActor Pool(TenantId tenant) => _pools.GetOrAdd(tenant, static (id, nodes) => new(nodes, id, nodes.Clock), this);

    private static Task<T> AskAsync<T>(NodePoolActor actor, Func<NodePool<INodeSocket, INodeCaller>, Turn, T> query)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        actor.Post(new(NodePoolInput.Kinds.Query, What: new Action<NodePool<INodeSocket, INodeCaller>, Turn>((pool, turn) => answer.TrySetResult(query(pool, turn)))));
        return answer.Task;
    }
}
