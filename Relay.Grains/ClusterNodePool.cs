using System.Collections.Concurrent;
using Relay.Core;
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
    private readonly ConcurrentQueue<(NodeTelling What, TaskCompletionSource? Taken)> _queue = new();
    private readonly ConcurrentDictionary<long, ClusterNode> _nodes = new();
    private readonly ConcurrentDictionary<long, ClusterCall> _calls = new();
    private readonly ConcurrentDictionary<long, ClusterClaim> _claims = new();
    private readonly Lock _newsGate = new();
    private long _life;
    private (long Life, long Number) _news;
    private long _number;
    private long _nodeNumbers;
    private long _claimNumbers;
    private int _telling;

    internal ClusterNodes Nodes => nodes;

    internal TenantId Tenant => tenant;

    private bool IsEmpty => _nodes.IsEmpty && _calls.IsEmpty && _claims.IsEmpty;

    public NodeLink Open(INodeSocket socket)
    {
        var node = new ClusterNode(this, Interlocked.Increment(ref _nodeNumbers), socket);
        _nodes.TryAdd(node.Number, node);
        return node;
    }

    public CallLink Call(NodeAsk ask, INodeCaller caller) => Add(new(this, ask, null, caller));

    /// <summary>Reads a stream of another gateway.</summary>
    public CallLink Read(string stream, INodeCaller caller) => Add(new(this, null, stream, caller));

    /// <summary>A stream is to begin here.</summary>
    public ClusterClaim Claim(string stream)
    {
        var claim = new ClusterClaim(this, Interlocked.Increment(ref _claimNumbers), stream);
        _claims.TryAdd(claim.Number, claim);
        claim.Tell();
        return claim;
    }

    public void Tell(NodeTelling telling) => Tell(telling, null);

    /// <summary>Tells something.</summary>
    /// <returns>A task that ends when the pool has taken it.</returns>
    public Task TellAsync(NodeTelling telling)
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Tell(telling, taken);
        return taken.Task;
    }

    /// <summary>A pool that has just begun wants to know everything.</summary>
    /// <returns>False when there is nothing; otherwise all is told, and then that it was.</returns>
    public bool TellPool()
    {
        if (IsEmpty) return false;
        TellAll();
        Tell(new((int)NodeTellingKind.Told));
        return true;
    }

    public void Beat()
    {
        if (!IsEmpty && _queue.IsEmpty) Tell(new((int)NodeTellingKind.Beat));
    }

    public void Take(NodeNewsBatch batch)
    {
        lock (_newsGate)
        {
            // Told again because the answer was lost, or late from before the pool had given this gateway up.
            if (batch.Life < _news.Life || (batch.Life == _news.Life && batch.Number <= _news.Number)) return;
            _news = (batch.Life, batch.Number);
        }

        using var scope = TurnScope.Enter();
        foreach (var item in batch.Items) Take(item);
    }

    /// <summary>A call that a node of this gateway is to have.</summary>
    public ClusterCall? FindCall(long number) => _calls.GetValueOrDefault(number);

    public void Remove(ClusterNode node) => _nodes.TryRemove(node.Number, out _);

    public void Remove(ClusterCall call) => _calls.TryRemove(call.Number, out _);

    public void Remove(ClusterClaim claim) => _claims.TryRemove(claim.Number, out _);

    private ClusterCall Add(ClusterCall call)
    {
        _calls.TryAdd(call.Number, call);
        return call;
    }

    private void Take(NodeNews news)
    {
        switch ((NodeNewsKind)news.Kind)
        {
            case NodeNewsKind.Refuse:
                FindCall(news.Number)?.Refuse(news.Serial, Known.Refusal(news.Reason));
                break;
            case NodeNewsKind.Lost:
                FindCall(news.Number)?.AskAgain(news.Serial);
                break;
            case NodeNewsKind.Serve:
                Serve(news.Call!, news.Serial, news.Stream!);
                break;
            case NodeNewsKind.Granted or NodeNewsKind.Denied:
                _claims.GetValueOrDefault(news.Number)?.Answer((NodeNewsKind)news.Kind == NodeNewsKind.Granted);
                break;
            default:
                if (_nodes.TryGetValue(news.Number, out var node)) Take(node, news);
                break;
        }
    }

    private void Serve(NodeEndRef call, int serial, string stream)
    {
        if (call.Gateway.Id == nodes.Gateway.Id)
        {
            // It ended here while the pool was asked for it.
            FindCall(call.Number)?.Refuse(serial, CallRefusal.UnknownModel);
            return;
        }

        nodes.Learn(call.Gateway);
        new RemoteCaller(nodes, new StreamPlace(this, stream), call, serial, TimeSpan.Zero).Begin("");
    }

    private static void Take(ClusterNode node, NodeNews news)
    {
        switch ((NodeNewsKind)news.Kind)
        {
            case NodeNewsKind.Accept:
                node.Accept();
                break;
            case NodeNewsKind.TurnAway:
                node.Socket.TurnAway(Known.Close(news.Reason));
                break;
            case NodeNewsKind.Probe:
                node.Socket.Probe();
                break;
            case NodeNewsKind.Drain or NodeNewsKind.Resume:
                node.Drain((NodeNewsKind)news.Kind == NodeNewsKind.Drain);
                break;
            case NodeNewsKind.Start:
                node.Start(news.Call!, news.Serial, news.Waited);
                break;
            default:
                break;
        }
    }

    private void Tell(NodeTelling telling, TaskCompletionSource? taken)
    {
        _queue.Enqueue((telling, taken));
        if (Interlocked.Exchange(ref _telling, 1) == 0) _ = TellAsync();
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
        var items = new List<(NodeTelling What, TaskCompletionSource? Taken)>();
        while (items.Count < BatchItems && _queue.TryDequeue(out var item)) items.Add(item);
        var number = ++_number;
        while (!nodes.IsOver)
        {
            try
            {
                var life = await nodes.Grain(tenant).Take(nodes.Gateway, number, [.. items.Select(static item => item.What)]).WaitAsync(nodes.Options.CallTimeout, nodes.Time);
                if (life >= _life)
                {
                    Took(items, life);
                    return;
                }

                // A pool that has a successor, and does not know it yet: to that it has to be told.
                await Task.Delay(nodes.Options.RetryDelay, nodes.Time);
            }
            catch (Exception e)
            {
                nodes.Log.NodePoolUnreachable(tenant, e.Message);
                await Task.Delay(nodes.Options.RetryDelay, nodes.Time);
            }
        }
    }

    private void Took(List<(NodeTelling What, TaskCompletionSource? Taken)> items, long life)
    {
        foreach (var (_, taken) in items) taken?.TrySetResult();
        var isNew = _life != 0 && life != _life;
        _life = life;
        if (isNew) TellAll();
    }

    private void TellAll()
    {
        foreach (var (_, node) in _nodes) node.TellAll();
        foreach (var (_, call) in _calls) call.TellAgain();
        foreach (var (_, claim) in _claims) claim.Tell();
    }
}
