using System.Collections.Concurrent;
using Relay.Core.Nodes;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>What a call of another gateway gets to here.</summary>
internal interface ICallPlace
{
    /// <summary>The call begins.</summary>
    void Begin(INodeCaller caller, NodeEndRef call, TimeSpan waited);

    /// <summary>It never began.</summary>
    void TellDone(NodeEndRef call);
}

/// <summary>A node of this gateway, as its socket and the tenant's pool see it.</summary>
internal sealed class ClusterNode(ClusterNodePool pool, long number, INodeSocket socket) : NodeLink, ICallPlace
{
    private readonly Lock _gate = new();

    // Whose place each caller has.
    private readonly ConcurrentDictionary<INodeCaller, NodeEndRef> _running = new();
    private NodeOffer? _offer;
    private bool _isAccepted;
    private bool _isDrained;
    private bool _hasLeft;

    public long Number => number;

    public INodeSocket Socket => socket;

    private NodeCounters Counters => pool.Nodes.Counters;

    public override void Offer(NodeOffer offer)
    {
        Volatile.Write(ref _offer, offer);
        pool.Tell(new((int)NodeTellingKind.Offer, number, Offer: NodeOfferView.Of(offer)));
    }

    public override void Answered() => pool.Tell(new((int)NodeTellingKind.Answered, number));

    public override void Done(INodeCaller caller)
    {
        if (!_running.TryRemove(caller, out var call)) return;
        Interlocked.Decrement(ref Counters.InFlightValue);
        TellDone(call);
    }

    public override void Leave()
    {
        lock (_gate)
        {
            if (_isAccepted && !_hasLeft) Interlocked.Decrement(ref Counters.NodesValue);
            _hasLeft = true;
            pool.Remove(this);
            pool.Tell(new((int)NodeTellingKind.Leave, number));
        }

        // What began meanwhile fails, and counts down there.
        foreach (var (caller, _) in _running) Forget(caller);
    }

    /// <summary>The pool takes the node; again, when the pool has begun anew, which is no news to the node.</summary>
    public void Accept()
    {
        lock (_gate)
        {
            if (_isAccepted || _hasLeft) return;
            _isAccepted = true;
            Interlocked.Increment(ref Counters.NodesValue);
        }

        socket.Accept();
    }

    /// <summary>The node is to get no new calls, or to get them again; once more, when the pool has begun anew.</summary>
    public void Drain(bool drains)
    {
        lock (_gate)
        {
            if (_isDrained == drains) return;
            _isDrained = drains;
        }

        socket.Drain(drains);
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
        Interlocked.Increment(ref Counters.InFlightValue);
        Interlocked.Increment(ref Counters.StartedValue);
        Interlocked.Add(ref Counters.WaitedTicks, waited.Ticks);
        socket.Begin(caller, waited);
        if (Volatile.Read(ref _hasLeft)) Forget(caller);
    }

    public void TellDone(NodeEndRef call) => pool.Tell(new((int)NodeTellingKind.Done, number, call));

    /// <summary>A pool that does not know this gateway learns of the node and what it has.</summary>
    public void TellAll()
    {
        // Not behind its leaving.
        lock (_gate)
        {
            if (_hasLeft || Volatile.Read(ref _offer) is not { } offer) return;
            pool.Tell(new((int)NodeTellingKind.Offer, number, Offer: NodeOfferView.Of(offer), Serial: _isDrained ? 1 : 0));
            foreach (var (_, call) in _running) pool.Tell(new((int)NodeTellingKind.Has, number, call));
        }
    }

    // With the node's socket its calls are gone.
    private void Forget(INodeCaller caller)
    {
        if (_running.TryRemove(caller, out _)) Interlocked.Decrement(ref Counters.InFlightValue);
    }
}
