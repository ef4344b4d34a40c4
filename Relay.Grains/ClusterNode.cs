using System.Collections.Concurrent;
using Relay.Core.Nodes;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A node of this gateway, as its socket and the tenant's pool see it.</summary>
internal sealed class ClusterNode(ClusterNodePool pool, long number, INodeSocket socket) : NodeLink
{
    // Whose place each caller has.
    private readonly ConcurrentDictionary<INodeCaller, NodeEndRef> _running = new();
    private NodeOffer? _offer;
    private volatile bool _hasLeft;

    public long Number => number;

    public INodeSocket Socket => socket;

    public override void Offer(NodeOffer offer)
    {
        Volatile.Write(ref _offer, offer);
        pool.Tell(new((int)NodeTellingKind.Offer, number, Offer: NodeOfferView.Of(offer)));
    }

    public override void Answered() => pool.Tell(new((int)NodeTellingKind.Answered, number));

    public override void Done(INodeCaller caller)
    {
        if (_running.TryRemove(caller, out var call)) TellDone(call);
    }

    public override void Leave()
    {
        _hasLeft = true;
        pool.Remove(this);
        pool.Tell(new((int)NodeTellingKind.Leave, number));
    }

    /// <summary>The pool gives the node a call, which may be another gateway's.</summary>
    public void Start(NodeEndRef call, int serial, TimeSpan waited)
    {
        if (call.Gateway.Id != pool.Nodes.Gateway.Id)
        {
            pool.Nodes.Learn(call.Gateway);
            new RemoteCaller(pool.Nodes, this, call, serial, waited).Begin(_offer?.NodeId ?? "");
        }
        else if (pool.FindCall(call.Number)?.TryStart(serial) is { } caller)
        {
            Begin(caller, call, waited);
        }
        else
        {
            TellDone(call);
        }
    }

    /// <summary>A call begins on the node's socket.</summary>
    public void Begin(INodeCaller caller, NodeEndRef call, TimeSpan waited)
    {
        _running[caller] = call;
        socket.Begin(caller, waited);
    }

    public void TellDone(NodeEndRef call) => pool.Tell(new((int)NodeTellingKind.Done, number, call));

    /// <summary>A pool that does not know this gateway learns of the node and what it has.</summary>
    public void TellAll()
    {
        if (_hasLeft || Volatile.Read(ref _offer) is not { } offer) return;
        pool.Tell(new((int)NodeTellingKind.Offer, number, Offer: NodeOfferView.Of(offer)));
        foreach (var (_, call) in _running) pool.Tell(new((int)NodeTellingKind.Has, number, call));
    }
}
