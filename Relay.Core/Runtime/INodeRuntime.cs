using Relay.Core.Errors;
using Relay.Core.Nodes;

namespace Relay.Core.Runtime;

/// <summary>Brings callers and nodes together, in this process or in a cluster. What they say to each other goes from one to the other directly.</summary>
public interface INodeRuntime
{
    /// <summary>What is counted in this process.</summary>
    NodeCounters Counters { get; }

    /// <summary>Streams that outlive their readers' connections.</summary>
    IStreamRuntime Streams { get; }

    /// <summary>A socket is to become a node of the tenant; it does with its first offer.</summary>
    /// <param name="tenant">Whose node.</param>
    /// <param name="socket">The socket.</param>
    /// <returns>The node's link, which must be ended with <see cref="RuntimeLink.Leave"/>.</returns>
    NodeLink Open(TenantId tenant, INodeSocket socket);

    /// <summary>A caller is to get a node; it does, or is refused, after it has asked.</summary>
    /// <param name="tenant">Whose nodes.</param>
    /// <param name="ask">What it wants.</param>
    /// <param name="caller">Who.</param>
    /// <returns>The caller's link, which must be ended with <see cref="RuntimeLink.Leave"/>.</returns>
    CallLink Call(TenantId tenant, NodeAsk ask, INodeCaller caller);

    /// <summary>Looks at a tenant's nodes.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <returns>Nodes and models.</returns>
    ValueTask<NodeListing> ListAsync(TenantId tenant);

    /// <summary>Keeps new calls from a node, or lets them to it again.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="nodeId">The node.</param>
    /// <param name="drains">Whether it is to get none.</param>
    /// <returns>False when there is no such node.</returns>
    ValueTask<bool> DrainAsync(TenantId tenant, string nodeId, bool drains);
}

/// <summary>A tenant's nodes, to look at.</summary>
/// <param name="Nodes">The nodes, in the order of their ids.</param>
/// <param name="Models">The models, in the order of their names.</param>
public sealed record NodeListing(IReadOnlyList<NodeDescription> Nodes, IReadOnlyList<ModelDescription> Models);

/// <summary>A node's socket. Calls may come from any thread and never block.</summary>
public interface INodeSocket
{
    /// <summary>The node is taken.</summary>
    void Accept();

    /// <summary>The node is not taken, and is to be closed.</summary>
    /// <param name="reason">Why.</param>
    void TurnAway(CloseReason reason);

    /// <summary>Finds out whether the node lives: the answer is <see cref="NodeLink.Answered"/> or its leaving.</summary>
    void Probe();

    /// <summary>The node is to finish what it has, or may have new calls again. It is given none meanwhile.</summary>
    /// <param name="drains">Which of the two.</param>
    void Drain(bool drains);

    /// <summary>A call for the node. Its place is held until <see cref="NodeLink.Done"/>.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="waited">How long it has waited.</param>
    void Begin(INodeCaller caller, TimeSpan waited);
}

/// <summary>One who calls. Calls may come from any thread and never block; what comes after the end of a call means nothing.</summary>
public interface INodeCaller
{
    /// <summary>The request.</summary>
    CallRequest Request { get; }

    /// <summary>There is no node for it.</summary>
    /// <param name="reason">Why.</param>
    void Refuse(CallRefusal reason);

    /// <summary>A node has the call.</summary>
    /// <param name="call">The way to it.</param>
    /// <param name="nodeId">The node.</param>
    /// <param name="waited">How long it has waited for it.</param>
    void Started(INodeCall call, string nodeId, TimeSpan waited);

    /// <summary>The answer begins.</summary>
    /// <param name="call">The call.</param>
    /// <param name="head">Status and headers.</param>
    void Answer(INodeCall call, CallHead head);

    /// <summary>The answer's next bytes. They hold the call's window until <see cref="INodeCall.Passed"/> is called for them.</summary>
    /// <param name="call">The call.</param>
    /// <param name="bytes">The bytes, never changed any more.</param>
    void Take(INodeCall call, ReadOnlyMemory<byte> bytes);

    /// <summary>The answer is complete.</summary>
    /// <param name="call">The call.</param>
    void End(INodeCall call);

    /// <summary>There is no more of the answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="failure">Why.</param>
    /// <param name="message">What the node said of it, or nothing.</param>
    void Fail(INodeCall call, CallFailure failure, string message);
}

/// <summary>A caller's way to the node that has its call. Any thread; never blocks; means nothing after the end.</summary>
public interface INodeCall
{
    /// <summary>What one <see cref="INodeCaller.Take"/> gave has been passed on: as much more may come.</summary>
    /// <param name="bytes">How many bytes it were.</param>
    void Passed(int bytes);

    /// <summary>The answer is not wanted any more. Nothing comes of the call after it.</summary>
    void Cancel();
}

/// <summary>A node's way to its tenant's pool.</summary>
public abstract class NodeLink : RuntimeLink
{
    /// <summary>The node says what it offers; the first time it is told whether it is taken.</summary>
    /// <param name="offer">What, always under the same id.</param>
    public abstract void Offer(NodeOffer offer);

    /// <summary>The node was probed, and lives.</summary>
    public abstract void Answered();

    /// <summary>The node has ended a call: its place is free.</summary>
    /// <param name="caller">Whose call.</param>
    public abstract void Done(INodeCaller caller);
}

/// <summary>A caller's way to its tenant's pool. With <see cref="RuntimeLink.Leave"/> it does not wait any more; a node that has the call is told by <see cref="INodeCall.Cancel"/>.</summary>
public abstract class CallLink : RuntimeLink
{
    /// <summary>Wants a node; again, when the one that had the call has failed.</summary>
    /// <param name="without">All that have failed.</param>
    public abstract void Ask(IReadOnlyCollection<string> without);
}
