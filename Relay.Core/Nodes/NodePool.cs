namespace Relay.Core.Nodes;

/// <summary>
/// A tenant's nodes: who serves which model, who has room, and who waits. A call goes to the node that served the same affinity before, if that has room, and
/// otherwise to the one with the most free places; when none is free it waits its caller's turn.
/// </summary>
/// <remarks>What a call and its node say to each other does not come by here. A place is free again when <see cref="Done"/> says so, and not before.</remarks>
/// <typeparam name="TNode">How the runtime names a node's socket.</typeparam>
/// <typeparam name="TCall">How the runtime names a call.</typeparam>
public sealed partial class NodePool<TNode, TCall>
    where TNode : class
    where TCall : class
{
    private readonly Dictionary<string, PooledNode<TNode, TCall>> _nodes = new(StringComparer.Ordinal);

    // By socket: the nodes, and those that claim to be one of them.
    private readonly Dictionary<TNode, PooledNode<TNode, TCall>> _sockets = [];
    private readonly Dictionary<string, PooledModel<TNode, TCall>> _models = new(StringComparer.Ordinal);

    // What an operator drains stays so when it comes back. Never more than there may be nodes.
    private readonly HashSet<string> _drained = new(StringComparer.Ordinal);
    private readonly Affinities _affinities;
    private readonly INodePoolPort<TNode, TCall> _port;
    private NodePoolLimits _limits;
    private long _turns;

    /// <summary>Makes it.</summary>
    /// <param name="limits">What bounds it.</param>
    /// <param name="port">Its effects.</param>
    public NodePool(NodePoolLimits limits, INodePoolPort<TNode, TCall> port) => (_limits, _port, _affinities) = (limits, port, new(limits.MaxAffinities));

    /// <summary>Nodes that are connected.</summary>
    public int Count => _nodes.Count;

    /// <summary>Calls that wait.</summary>
    public int Waiting => _models.Values.Sum(static model => model.Queue.Count);

    /// <summary>Calls that nodes have.</summary>
    public int InFlight => _nodes.Values.Sum(static node => node.Calls.Count);

    /// <summary>Whether there is nothing here that would be missed.</summary>
    public bool IsEmpty => _sockets.Count == 0 && _models.Count == 0 && _drained.Count == 0;

    /// <summary>Goes on with other bounds. Nodes and calls that are there stay.</summary>
    /// <param name="limits">What bounds it from now on.</param>
    public void Bound(NodePoolLimits limits)
    {
        _limits = limits;
        foreach (var model in _models.Values) model.Queue.Limit = limits.QueueLength;
    }

    /// <summary>A call wants a node. Asked again after a failure, it names who has failed.</summary>
    /// <param name="call">The call.</param>
    /// <param name="ask">What it wants.</param>
    /// <param name="turn">The turn.</param>
    public void Ask(TCall call, NodeAsk ask, Turn turn)
    {
        if (!_models.TryGetValue(ask.Model, out var model))
        {
            _port.Refuse(call, ask.Without.Count > 0 ? CallRefusal.NoOther : CallRefusal.UnknownModel);
            return;
        }

        if (ask.Without.Count > 0 && !model.Holders.Exists(node => !node.IsDraining && !ask.Without.Contains(node.Id)))
        {
            _port.Refuse(call, CallRefusal.NoOther);
            return;
        }

        if (Choose(model, ask) is { } chosen)
        {
            Start(chosen, new(call, ask, turn.Now), turn);
            return;
        }

        if (!model.Queue.TryAdd(new(call, ask, turn.Now), out var displaced)) _port.Refuse(call, CallRefusal.Busy);
        else if (displaced is not null) _port.Refuse(displaced, CallRefusal.Busy);
    }

    /// <summary>Nobody waits for a call any more. It means nothing for one that a node has: that ends when the node has ended it.</summary>
    /// <param name="call">The call.</param>
    public void Withdraw(TCall call)
    {
        foreach (var model in _models.Values)
            if (model.Queue.Remove(call)) return;
    }

    /// <summary>A node has ended a call, and takes another.</summary>
    /// <param name="node">The node.</param>
    /// <param name="call">The call.</param>
    /// <param name="turn">The turn.</param>
    public void Done(TNode node, TCall call, Turn turn)
    {
        if (Own(node) is { } found && found.Calls.Remove(call)) Serve(found, turn);
    }

    /// <summary>Time has passed: who has waited too long is told.</summary>
    /// <param name="turn">The turn.</param>
    public void Tick(Turn turn)
    {
        foreach (var (name, model) in _models)
        {
            foreach (var late in model.Queue.Since(turn.Now - _limits.QueueTime))
            {
                model.Queue.Remove(late);
                _port.Refuse(late, CallRefusal.Busy);
            }

            // A node that was cut off comes back within that time: its model is not unknown meanwhile.
            if (model.Holders.Count == 0 && model.Queue.Count == 0 && turn.Now - model.EmptySince >= _limits.QueueTime) _models.Remove(name);
        }
    }

    // The node of its affinity, or the one with the most room; of equals, the one that has relatively less to do.
    private PooledNode<TNode, TCall>? Choose(PooledModel<TNode, TCall> model, NodeAsk ask)
    {
        PooledNode<TNode, TCall>? best = null;
        var usual = _affinities.Find(ask.Model, ask.Affinity);
        foreach (var node in model.Holders)
        {
            if (node.Free <= 0 || ask.Without.Contains(node.Id)) continue;
            if (node.Id == usual) return node;
            if (best is null || node.Free > best.Free || (node.Free == best.Free && node.Offer.Capacity < best.Offer.Capacity)) best = node;
        }

        return best;
    }

    private void Start(PooledNode<TNode, TCall> node, Waiting<TCall> waiting, Turn turn)
    {
        node.Calls.Add(waiting.Call);
        _models[waiting.Ask.Model].LastTurn = ++_turns;
        _affinities.Remember(waiting.Ask.Model, waiting.Ask.Affinity, node.Id);
        _port.Start(node.Node, waiting.Call, turn.Now - waiting.Since);
    }

    // Its models take turns as well: one that many want does not keep it from another.
    private void Serve(PooledNode<TNode, TCall> node, Turn turn)
    {
        while (node.Free > 0)
        {
            var next = Waited(node).OrderBy(static model => model.LastTurn).Select(model => model.Queue.Take(node.Id)).FirstOrDefault(static taken => taken is not null);
            if (next is null) return;
            Start(node, next, turn);
        }
    }

    private IEnumerable<PooledModel<TNode, TCall>> Waited(PooledNode<TNode, TCall> node) =>
        node.Offer.Models.Select(name => _models[name]).Where(static model => model.Queue.Count > 0);

    private PooledNode<TNode, TCall>? Own(TNode socket) => _sockets.TryGetValue(socket, out var node) && node.Node.Equals(socket) ? node : null;
}
