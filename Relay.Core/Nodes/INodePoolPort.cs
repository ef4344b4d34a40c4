using Relay.Core.Errors;

namespace Relay.Core.Nodes;

/// <summary>What the rule of a tenant's nodes causes. Calls never block and never call back in the same turn.</summary>
/// <typeparam name="TNode">How the runtime names a node's socket.</typeparam>
/// <typeparam name="TCall">How the runtime names a call.</typeparam>
public interface INodePoolPort<in TNode, in TCall>
{
    /// <summary>The node belongs to the tenant's from now on.</summary>
    /// <param name="node">The node.</param>
    void Accept(TNode node);

    /// <summary>The node is not taken.</summary>
    /// <param name="node">The node.</param>
    /// <param name="reason">Why.</param>
    void TurnAway(TNode node, CloseReason reason);

    /// <summary>Another socket claims the node's id: is this one still there? The answer is <see cref="NodePool{TNode,TCall}.Answered"/> or its leaving.</summary>
    /// <param name="node">The node.</param>
    void Probe(TNode node);

    /// <summary>The node gets no new calls, or gets them again.</summary>
    /// <param name="node">The node.</param>
    /// <param name="drains">Which of the two.</param>
    void Drain(TNode node, bool drains);

    /// <summary>A call goes to a node, and holds one of its places until <see cref="NodePool{TNode,TCall}.Done"/>.</summary>
    /// <param name="node">The node.</param>
    /// <param name="call">The call.</param>
    /// <param name="waited">How long it has waited.</param>
    void Start(TNode node, TCall call, TimeSpan waited);

    /// <summary>A call gets no node.</summary>
    /// <param name="call">The call.</param>
    /// <param name="reason">Why.</param>
    void Refuse(TCall call, CallRefusal reason);
}
