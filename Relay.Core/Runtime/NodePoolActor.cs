using Relay.Core.Errors;
using Relay.Core.Nodes;

namespace Relay.Core.Runtime;

/// <summary>Hosts a tenant's <see cref="NodePool{TNode,TCall}"/> in one process.</summary>
internal sealed class NodePoolActor : Mailbox<NodePoolInput>, INodePoolPort<INodeSocket, INodeCaller>
{
    private readonly NodePool<INodeSocket, INodeCaller> _pool;
    private readonly LocalNodes _nodes;
    private readonly TenantId _tenant;
    private int _edition;
    private bool _isOver;

    // What the process's counters have of this pool.
    private (int Nodes, int Waiting, int InFlight) _counted;

    internal NodePoolActor(LocalNodes nodes, TenantId tenant, RuntimeClock clock)
        : base(clock)
    {
        (_nodes, _tenant, _edition) = (nodes, tenant, nodes.Options.Edition.Number);
        _pool = new(nodes.Options.Of(tenant).Nodes, this);
    }

    void INodePoolPort<INodeSocket, INodeCaller>.Accept(INodeSocket node) => node.Accept();

    void INodePoolPort<INodeSocket, INodeCaller>.TurnAway(INodeSocket node, CloseReason reason) => node.TurnAway(reason);

    void INodePoolPort<INodeSocket, INodeCaller>.Probe(INodeSocket node) => node.Probe();

    void INodePoolPort<INodeSocket, INodeCaller>.Drain(INodeSocket node, bool drains) => node.Drain(drains);

    void INodePoolPort<INodeSocket, INodeCaller>.Start(INodeSocket node, INodeCaller call, TimeSpan waited)
    {
        Interlocked.Increment(ref _nodes.Counters.StartedValue);
        Interlocked.Add(ref _nodes.Counters.WaitedTicks, waited.Ticks);
        node.Begin(call, waited);
    }

    void INodePoolPort<INodeSocket, INodeCaller>.Refuse(INodeCaller call, CallRefusal reason)
    {
        _nodes.Counters.CountRefusal(reason);
        call.Refuse(reason);
    }

    protected override void OnTurn(in NodePoolInput input, Turn turn)
    {
        if (_isOver)
        {
            _nodes.PassOn(_tenant, input);
            return;
        }

        if (_nodes.Options.Edition.Number is var edition && edition != _edition)
        {
            _edition = edition;
            _pool.Bound(_nodes.Options.Of(_tenant).Nodes);
        }

        switch (input.Kind)
        {
            case NodePoolInput.Kinds.Join:
                _pool.Join(input.Node!, input.Offer, turn);
                break;
            case NodePoolInput.Kinds.Answered:
                _pool.Answered(input.Node!);
                break;
            case NodePoolInput.Kinds.Leave:
                _pool.Leave(input.Node!, turn);
                break;
            case NodePoolInput.Kinds.Done:
                _pool.Done(input.Node!, input.Caller!, turn);
                break;
            case NodePoolInput.Kinds.Ask:
                _pool.Ask(input.Caller!, input.Request, turn);
                break;
            case NodePoolInput.Kinds.Withdraw:
                _pool.Withdraw(input.Caller!);
                break;
            case NodePoolInput.Kinds.Tick:
                _pool.Tick(turn);
                _isOver = _pool.IsEmpty;
                if (_isOver) _nodes.Forget(_tenant, this);
                break;
            case NodePoolInput.Kinds.Query:
                input.Query(_pool, turn);
                break;
        }

        Count();
    }

    protected override void OnFault(Exception exception) => _nodes.TurnFault(exception);

    private void Count()
    {
        var counted = (_pool.Count, _pool.Waiting, _pool.InFlight);
        var counters = _nodes.Counters;
        Interlocked.Add(ref counters.NodesValue, counted.Count - _counted.Nodes);
        Interlocked.Add(ref counters.WaitingValue, counted.Waiting - _counted.Waiting);
        Interlocked.Add(ref counters.InFlightValue, counted.InFlight - _counted.InFlight);
        _counted = counted;
    }
}

/// <summary>A node's link in the same process.</summary>
internal sealed class LocalNodeLink(NodePoolActor pool, INodeSocket node) : NodeLink
{
    public override void Offer(NodeOffer offer) => pool.Post(new(NodePoolInput.Kinds.Join, node, What: offer));

    public override void Answered() => pool.Post(new(NodePoolInput.Kinds.Answered, node));

    public override void Done(INodeCaller caller) => pool.Post(new(NodePoolInput.Kinds.Done, node, caller));

    public override void Leave() => pool.Post(new(NodePoolInput.Kinds.Leave, node));
}

/// <summary>A caller's link in the same process.</summary>
internal sealed class LocalCallLink(LocalNodes nodes, TenantId tenant, NodeAsk ask, INodeCaller caller) : CallLink
{
    public override void Ask(IReadOnlyCollection<string> without)
    {
        if (nodes.Find(tenant) is { } pool) pool.Post(new(NodePoolInput.Kinds.Ask, Caller: caller, What: ask with { Without = without }));
        else nodes.Refuse(caller);
    }

    public override void Leave() => nodes.Find(tenant)?.Post(new(NodePoolInput.Kinds.Withdraw, Caller: caller));
}
