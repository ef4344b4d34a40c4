using Orleans.Placement;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// Hosts a tenant's <see cref="NodePool{TNode,TCall}"/>. What it knows comes back from the gateways when it begins anew elsewhere (DESIGN rule 7); until they
/// had the time to say it, nobody is told that a model is unknown.
/// </summary>
[PreferLocalPlacement]
internal sealed class NodePoolGrain(SiloHubs silo, ClusterOptions cluster, IGrainFactory grains, TimeProvider time) : Grain, INodePoolGrain, INodePoolPort<NodeEndRef, NodeEndRef>
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, NodeGateway> _gateways = new(StringComparer.Ordinal);

    // What each call asked for last. It is there until the call is over.
    private readonly Dictionary<NodeEndRef, (int Serial, NodeAsk Ask)> _calls = [];

    // Calls for models that the gateways have perhaps not told of yet.
    private readonly HashSet<NodeEndRef> _early = [];
    private TenantId _tenant;
    private NodePool<NodeEndRef, NodeEndRef> _pool = null!;
    private ITimer? _ticks;
    private long _born;

    private Turn Turn => new(silo.Clock.Now);

    private bool IsYoung => time.GetElapsedTime(_born) < cluster.SyncInterval * 2;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _tenant = ActorKeys.TenantOf(this.GetPrimaryKeyString());
        _pool = new(silo.Options.Nodes, this);
        _born = time.GetTimestamp();
        var self = grains.NodePool(_tenant);
        // Not a timer of Orleans' own: its calls come on behalf of no tenant.
        _ticks = time.CreateTimer(_ => _ = TenantContext.TellAsync(_tenant, self.Tick), null, TickInterval, TickInterval);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _ticks?.Dispose();
        foreach (var (_, gateway) in _gateways) gateway.End();
        return Task.CompletedTask;
    }

    public Task<Guid> Take(GatewayRef gateway, long number, NodeTelling[] items)
    {
        if (!_gateways.TryGetValue(gateway.Id, out var from)) _gateways.Add(gateway.Id, from = new(gateway, _tenant, cluster, time));
        from.Heard = time.GetTimestamp();
        if (number <= from.LastNumber) return Task.FromResult(from.Life);
        from.LastNumber = number;
        foreach (var item in items) Take(from, item);
        return Task.FromResult(from.Life);
    }

    public Task Tick()
    {
        foreach (var (id, gateway) in _gateways)
            if (time.GetElapsedTime(gateway.Heard) > cluster.Lease) Lose(id, gateway);
        if (!IsYoung) AskAgain();
        _pool.Tick(Turn);
        if (_gateways.Count == 0 && _pool.IsEmpty && !IsYoung) DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<NodeListingView> List() => Task.FromResult(new NodeListingView(
        [.. _pool.Nodes().Select(static node => new NodeView(NodeOfferView.Of(node.Offer), node.InFlight, node.IsDraining))],
        [.. _pool.Models().Select(static model => new ModelView(model.Model, model.Nodes, model.Waiting))]));

    public Task<bool> Drain(string nodeId, bool drains) => Task.FromResult(_pool.Drain(nodeId, drains, Turn));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Accept(NodeEndRef node) => Tell(node, new((int)NodeNewsKind.Accept, node.Number));

    void INodePoolPort<NodeEndRef, NodeEndRef>.TurnAway(NodeEndRef node, CloseReason reason) => Tell(node, new((int)NodeNewsKind.TurnAway, node.Number, Reason: (int)reason));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Probe(NodeEndRef node) => Tell(node, new((int)NodeNewsKind.Probe, node.Number));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Drain(NodeEndRef node, bool drains) => Tell(node, new((int)(drains ? NodeNewsKind.Drain : NodeNewsKind.Resume), node.Number));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Start(NodeEndRef node, NodeEndRef call, TimeSpan waited) =>
        Tell(node, new((int)NodeNewsKind.Start, node.Number, call, _calls.GetValueOrDefault(call).Serial, Waited: waited));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Refuse(NodeEndRef call, CallRefusal reason)
    {
        if (reason == CallRefusal.UnknownModel && IsYoung) _early.Add(call);
        else Tell(call, new((int)NodeNewsKind.Refuse, call.Number, Serial: _calls.GetValueOrDefault(call).Serial, Reason: (int)reason));
    }

    private void Take(NodeGateway from, NodeTelling item)
    {
        var node = new NodeEndRef(from.Gateway, item.Node);
        switch ((NodeTellingKind)item.Kind)
        {
            case NodeTellingKind.Offer:
                _pool.Join(node, item.Offer!.ToOffer(), Turn);
                AskAgain();
                break;
            case NodeTellingKind.Has:
                _pool.Has(node, item.Call!);
                break;
            case NodeTellingKind.Answered:
                _pool.Answered(node);
                break;
            case NodeTellingKind.Leave:
                _pool.Leave(node, Turn);
                break;
            case NodeTellingKind.Done:
                _pool.Done(node, item.Call!, Turn);
                break;
            case NodeTellingKind.Ask:
                // Told again, because the pool's life is new to the gateway.
                if (_calls.TryGetValue(item.Call!, out var known) && known.Serial >= item.Serial) break;
                _calls[item.Call!] = (item.Serial, item.Ask!.ToAsk());
                _pool.Ask(item.Call!, item.Ask.ToAsk(), Turn);
                break;
            case NodeTellingKind.Withdraw:
                Forget(item.Call!);
                break;
            case NodeTellingKind.Beat:
                break;
        }
    }

    private void AskAgain()
    {
        foreach (var call in _early.ToList())
        {
            _early.Remove(call);
            if (_calls.TryGetValue(call, out var asked)) _pool.Ask(call, asked.Ask, Turn);
        }
    }

    private void Forget(NodeEndRef call)
    {
        _calls.Remove(call);
        _early.Remove(call);
        _pool.Withdraw(call);
    }

    private void Tell(NodeEndRef whom, NodeNews news)
    {
        if (_gateways.TryGetValue(whom.Gateway.Id, out var gateway)) gateway.Tell(news);
    }

    // It has not said that it lives: its nodes and calls are gone with it.
    private void Lose(string id, NodeGateway gateway)
    {
        _gateways.Remove(id);
        gateway.End();
        foreach (var call in _calls.Keys.Where(call => call.Gateway.Id == id).ToList()) Forget(call);
        foreach (var node in _pool.Sockets().Where(node => node.Gateway.Id == id).ToList()) _pool.Leave(node, Turn);
    }
}
