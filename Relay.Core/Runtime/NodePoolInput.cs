using Relay.Core.Nodes;

namespace Relay.Core.Runtime;

/// <summary>What a turn of a tenant's nodes is given.</summary>
internal readonly record struct NodePoolInput(NodePoolInput.Kinds Kind, INodeSocket? Node = null, INodeCaller? Caller = null, object? What = null)
{
    internal enum Kinds
    {
        Join,
        Answered,
        Leave,
        Done,
        Ask,
        Withdraw,
        Tick,
        Query,
    }

    internal NodeOffer Offer => (NodeOffer)What!;

    internal NodeAsk Request => (NodeAsk)What!;

    internal Action<NodePool<INodeSocket, INodeCaller>, Turn> Query => (Action<NodePool<INodeSocket, INodeCaller>, Turn>)What!;
}
