using System.Collections.Concurrent;
using Relay.Core.Nodes;

namespace Relay.Core.Runtime;

/// <summary>The nodes of one process.</summary>
internal sealed class LocalNodes(RuntimeOptions options, RuntimeClock clock, Action<Exception, string> fault) : INodeRuntime
{
    // A tenant is here from its first node on: whoever asks for nodes of a tenant that has none is refused without it.
    private readonly ConcurrentDictionary<TenantId, NodePoolActor> _pools = new();

    public NodeCounters Counters { get; } = new();

    public IStreamRuntime Streams { get; } = new LocalStreams();

    internal RuntimeOptions Options => options;

    public NodeLink Open(TenantId tenant, INodeSocket socket) => new LocalNodeLink(_pools.GetOrAdd(tenant, static (id, nodes) => new(nodes, id, nodes.Clock), this), socket);

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

    /// <summary>The nodes of a tenant that has had any.</summary>
    internal NodePoolActor? Find(TenantId tenant) => _pools.GetValueOrDefault(tenant);

    /// <summary>The tenant has never had a node.</summary>
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

    private static Task<T> AskAsync<T>(NodePoolActor actor, Func<NodePool<INodeSocket, INodeCaller>, Turn, T> query)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        actor.Post(new(NodePoolInput.Kinds.Query, What: new Action<NodePool<INodeSocket, INodeCaller>, Turn>((pool, turn) => answer.TrySetResult(query(pool, turn)))));
        return answer.Task;
    }
}
