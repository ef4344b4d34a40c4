using Orleans.Concurrency;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A tenant's nodes, and the calls that want one, wherever in the cluster they are.</summary>
[Alias("relay.INodePoolGrain")]
internal interface INodePoolGrain : IGrainWithStringKey
{
    /// <summary>A gateway tells what has happened, in order. A batch that comes twice counts once.</summary>
    /// <returns>The pool's life: in a higher one than before it knows nothing of what it was told before, and one with a lower has a successor.</returns>
    [Alias("Take")]
    Task<long> Take(GatewayRef gateway, long number, NodeTelling[] items);

    /// <summary>The pool tells itself that time has passed.</summary>
    [Alias("Tick")]
    Task Tick();

    /// <summary>An operator looks.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<NodeListingView> List();

    /// <summary>An operator drains a node, or ends that.</summary>
    /// <returns>False when there is no such node.</returns>
    [AlwaysInterleave, Alias("Drain")]
    Task<bool> Drain(string nodeId, bool drains);
}
