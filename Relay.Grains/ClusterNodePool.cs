using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// What one gateway has of a tenant's nodes and callers. What it tells the pool goes in batches, one at a time, again until it was taken; a pool that does not
/// know the gateway is told everything again.
/// </summary>
internal sealed class ClusterNodePool(ClusterNodes nodes, TenantId tenant)
{
    private const int BatchItems = 1024;

    // No more than a few for each node and call.
    private readonly ConcurrentQueue<NodeTelling> _queue = new();
    private readonly ConcurrentDictionary<long, ClusterNode> _nodes = new();
    private readonly ConcurrentDictionary<long, ClusterCall> _calls = new();
    private readonly Lock _newsGate = new();
    private Guid _life;
    private (Guid Life, Guid Before, long Number) _news;
    private long _number;
    private long _nodeNumbers;
    private int _telling;

    internal ClusterNodes Nodes => nodes;

    internal TenantId Tenant => tenant;

    public NodeLink Open(INodeSocket socket)
    {
        var node = new ClusterNode(this, Interlocked.Increment(ref _nodeNumbers), socket);
        _nodes.TryAdd(node.Number, node);
        Interlocked.Increment(ref nodes.Counters.NodesValue);
        return node;
    }

    public CallLink Call(NodeAsk ask, INodeCaller caller)
    {
        var call = new ClusterCall(this, ask, caller);
        _calls.TryAdd(call.Number, call);
        return call;
    }

    public void Tell(NodeTelling telling)
    {
        _queue.Enqueue(telling);
        if (Interlocked.Exchange(ref _telling, 1) == 0) _ = TellAsync();
    }

    public void Beat()
    {
        if ((!_nodes.IsEmpty || !_calls.IsEmpty) && _queue.IsEmpty) Tell(new((int)NodeTellingKind.Beat));
    }

    public void Take(NodeNewsBatch batch)
    {
        lock (_newsGate)
        {
            // Told again because the answer was lost, or late from before the pool had given this gateway up.
            if (batch.Life == _news.Before || (batch.Life == _news.Life && batch.Number <= _news.Number)) return;
            _news = (batch.Life, batch.Life == _news.Life ? _news.Before : _news.Life, batch.Number);
        }

        using var scope = TurnScope.Enter();
        foreach (var item in batch.Items) Take(item);
    }

    /// <summary>A call that a node of this gateway is to have.</summary>
    public ClusterCall? FindCall(long number) => _calls.GetValueOrDefault(number);

    public void Remove(ClusterNode node)
    {
        if (_nodes.TryRemove(node.Number, out _)) Interlocked.Decrement(ref nodes.Counters.NodesValue);
    }

    public void Remove(ClusterCall call) => _calls.TryRemove(call.Number, out _);

    private void Take(NodeNews news)
    {
        if ((NodeNewsKind)news.Kind == NodeNewsKind.Refuse)
        {
            FindCall(news.Number)?.Refuse(news.Serial, (CallRefusal)news.Reason);
            return;
        }

        if (!_nodes.TryGetValue(news.Number, out var node)) return;
        switch ((NodeNewsKind)news.Kind)
        {
            case NodeNewsKind.Accept:
                node.Socket.Accept();
                break;
            case NodeNewsKind.TurnAway:
                node.Socket.TurnAway((CloseReason)news.Reason);
                break;
            case NodeNewsKind.Probe:
                node.Socket.Probe();
                break;
            case NodeNewsKind.Drain or NodeNewsKind.Resume:
                node.Socket.Drain((NodeNewsKind)news.Kind == NodeNewsKind.Drain);
                break;
            case NodeNewsKind.Start:
                node.Start(news.Call!, news.Serial, news.Waited);
                break;
            default:
                break;
        }
    }

    private async Task TellAsync()
    {
        await Task.Yield();
        while (true)
        {
            while (!_queue.IsEmpty && !nodes.IsOver) await TellBatchAsync();
            Interlocked.Exchange(ref _telling, 0); // a full fence: whoever tells now either sees it, or is seen below
            if (_queue.IsEmpty || nodes.IsOver || Interlocked.Exchange(ref _telling, 1) != 0) return;
        }
    }

    private async Task TellBatchAsync()
    {
        var items = new List<NodeTelling>();
        while (items.Count < BatchItems && _queue.TryDequeue(out var item)) items.Add(item);
        var number = ++_number;
        while (!nodes.IsOver)
        {
            try
            {
                var life = await nodes.Grain(tenant).Take(nodes.Gateway, number, [.. items]).WaitAsync(nodes.Options.CallTimeout, nodes.Time);
                if (life == _life) return;
                var isNew = _life != Guid.Empty;
                _life = life;
                if (isNew) TellAll();
                return;
            }
            catch (Exception e)
            {
                nodes.Log.NodePoolUnreachable(tenant, e.Message);
                await Task.Delay(nodes.Options.RetryDelay, nodes.Time);
            }
        }
    }

    private void TellAll()
    {
        foreach (var (_, node) in _nodes) node.TellAll();
        foreach (var (_, call) in _calls) call.TellAgain();
    }
}
