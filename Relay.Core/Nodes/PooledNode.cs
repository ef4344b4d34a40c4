namespace Relay.Core.Nodes;

/// <summary>A node of the tenant, as the pool sees it.</summary>
internal sealed class PooledNode<TNode, TCall>(TNode node, NodeOffer offer)
    where TNode : class
    where TCall : class
{
    internal TNode Node => node;

    internal NodeOffer Offer { get; set; } = offer;

    internal string Id => Offer.NodeId;

    internal HashSet<TCall> Calls { get; } = [];

    internal bool IsDraining { get; set; }

    /// <summary>Another socket that claims to be this node, and waits for what a probe of this one gives.</summary>
    internal (TNode Node, NodeOffer Offer)? Claimant { get; set; }

    internal int Free => IsDraining ? 0 : Offer.Capacity - Calls.Count;
}

/// <summary>A model: the nodes that serve it, and the calls that wait for one of them.</summary>
internal sealed class PooledModel<TNode, TCall>(int queueLength)
    where TNode : class
    where TCall : class
{
    internal List<PooledNode<TNode, TCall>> Holders { get; } = [];

    internal CallQueue<TCall> Queue { get; } = new(queueLength);

    /// <summary>Counts the turns of models at a node that serves several: the lowest is next.</summary>
    internal long LastTurn { get; set; }

    /// <summary>When the last node left that served it.</summary>
    internal TimeSpan EmptySince { get; set; }
}
