using Orleans.Placement;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// Hosts a tenant's <see cref="NodePool{TNode,TCall}"/>, and knows where the tenant's streams are. What it knows comes back from the gateways when it begins
/// anew elsewhere (DESIGN rule 7); until they have said it, nobody is told that there is no such model or stream.
/// </summary>
[PreferLocalPlacement]
internal sealed partial class NodePoolGrain(SiloHubs silo, ClusterOptions cluster, IGrainFactory grains, TimeProvider time) : Grain, INodePoolGrain, INodePoolPort<NodeEndRef, NodeEndRef>
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, NodeGateway> _gateways = new(StringComparer.Ordinal);

    // What each call asked for last. It is there until the call is over.
    private readonly Dictionary<NodeEndRef, Asked> _calls = [];
    private readonly StreamHomes _streams = new();
    private TenantId _tenant;
    private int _edition;
    private NodePool<NodeEndRef, NodeEndRef> _pool = null!;
    private ITimer? _ticks;

    private Turn Turn => new(silo.Clock.Now);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _edition = silo.Options.Edition.Number;
        _tenant = ActorKeys.TenantOf(this.GetPrimaryKeyString());
        _pool = new(silo.Options.Of(_tenant).Nodes, this);
        var self = grains.NodePool(_tenant);
        // Not a timer of Orleans' own: its calls come on behalf of no tenant.
        _ticks = time.CreateTimer(_ => _ = TenantContext.TellAsync(_tenant, self.Tick), null, TickInterval, TickInterval);
        _ = LearnAsync(DirectoryContext.Current);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _ticks?.Dispose();
        foreach (var (_, gateway) in _gateways) gateway.End();
        return Task.CompletedTask;
    }

    public Task<long> Take(GatewayRef gateway, long number, NodeTelling[] items)
    {
        if (!_gateways.TryGetValue(gateway.Id, out var from)) _gateways.Add(gateway.Id, from = new(gateway, _tenant, cluster, time, silo.NextEpoch()));
        from.Heard = time.GetTimestamp();
        if (number <= from.LastNumber) return Task.FromResult(from.Life);
        from.LastNumber = number;
        foreach (var item in items) Take(from, item);
        return Task.FromResult(from.Life);
    }

    public Task Tick()
    {
        if (silo.Options.Edition.Number is var edition && edition != _edition)
        {
            _edition = edition;
            _pool.Bound(silo.Options.Of(_tenant).Nodes);
        }

        foreach (var (id, gateway) in _gateways)
            if (time.GetElapsedTime(gateway.Heard) > cluster.Lease) Lose(id, gateway);
        _pool.Tick(Turn);
        if (_gateways.Count == 0 && _pool.IsEmpty && _knowsAll.Task.IsCompleted) DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task<NodeListingView> List()
    {
        await _knowsAll.Task;
        return new(
            [.. _pool.Nodes().Select(static node => new NodeView(NodeOfferView.Of(node.Offer), node.InFlight, node.IsDraining))],
            [.. _pool.Models().Select(static model => new ModelView(model.Model, model.Nodes, model.Waiting))]);
    }

    public async Task<bool> Drain(string nodeId, bool drains)
    {
        await _knowsAll.Task;
        return _pool.Drain(nodeId, drains, Turn);
    }

    void INodePoolPort<NodeEndRef, NodeEndRef>.Accept(NodeEndRef node) => Tell(node, new((int)NodeNewsKind.Accept, node.Number));

    void INodePoolPort<NodeEndRef, NodeEndRef>.TurnAway(NodeEndRef node, CloseReason reason) => Tell(node, new((int)NodeNewsKind.TurnAway, node.Number, Reason: (int)reason));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Probe(NodeEndRef node) => Tell(node, new((int)NodeNewsKind.Probe, node.Number));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Drain(NodeEndRef node, bool drains) => Tell(node, new((int)(drains ? NodeNewsKind.Drain : NodeNewsKind.Resume), node.Number));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Start(NodeEndRef node, NodeEndRef call, TimeSpan waited) =>
        Tell(node, new((int)NodeNewsKind.Start, node.Number, call, GivenTo(node.Gateway, call), Waited: waited));

    void INodePoolPort<NodeEndRef, NodeEndRef>.Refuse(NodeEndRef call, CallRefusal reason)
    {
        if (reason != CallRefusal.Busy && !_knowsAll.Task.IsCompleted) _early.Add(call);
        else Refuse(call, reason);
    }

    private void Take(NodeGateway from, NodeTelling item)
    {
        var node = new NodeEndRef(from.Gateway, item.Node);
        switch ((NodeTellingKind)item.Kind)
        {
            case NodeTellingKind.Offer:
                if (item.Serial > 0) _pool.IsDrained(item.Offer!.NodeId);
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
            case NodeTellingKind.Ask or NodeTellingKind.Read:
                // Told again, because the pool's life is new to the gateway.
                if (_calls.TryGetValue(item.Call!, out var known) && known.Serial >= item.Serial) break;
                _calls[item.Call!] = new(item.Serial, item.Ask?.ToAsk(), item.Stream);
                Answer(item.Call!);
                break;
            case NodeTellingKind.Withdraw:
                Forget(item.Call!);
                break;
            case NodeTellingKind.Claim:
                Claim(node, item.Stream!, wasGranted: item.Serial > 0);
                break;
            case NodeTellingKind.Release:
                _earlyClaims.Remove(node);
                _streams.Remove(item.Stream!, node);
                break;
            case NodeTellingKind.Told:
                if (_untold.Remove(from.Gateway.Id, out var told)) told.TrySetResult();
                break;
            case NodeTellingKind.Beat:
                break;
        }
    }

    // Again, when a pool that knows more than before has something else to say.
    private void Answer(NodeEndRef call)
    {
        var asked = _calls[call];
        if (asked.Ask is { } ask) _pool.Ask(call, ask, Turn);
        else if (_streams.Find(asked.Stream!) is { } home) Tell(home, new((int)NodeNewsKind.Serve, 0, call, GivenTo(home, call), Stream: asked.Stream));
        else if (_knowsAll.Task.IsCompleted) Refuse(call, CallRefusal.UnknownModel);
        else _early.Add(call);
    }

    private void Claim(NodeEndRef claim, string stream, bool wasGranted)
    {
        // Whose stream runs already has the id, whatever others claim before that is known.
        if (!wasGranted && !_knowsAll.Task.IsCompleted) _earlyClaims[claim] = stream;
        else Tell(claim.Gateway, new((int)(_streams.TryAdd(stream, claim) ? NodeNewsKind.Granted : NodeNewsKind.Denied), claim.Number));
    }

    private void Refuse(NodeEndRef call, CallRefusal reason) =>
        Tell(call, new((int)NodeNewsKind.Refuse, call.Number, Serial: _calls.GetValueOrDefault(call)?.Serial ?? 0, Reason: (int)reason));

    private int GivenTo(GatewayRef gateway, NodeEndRef call)
    {
        if (!_calls.TryGetValue(call, out var asked)) return 0;
        _calls[call] = asked with { At = gateway.Id };
        return asked.Serial;
    }

    private void Forget(NodeEndRef call)
    {
        _calls.Remove(call);
        _early.Remove(call);
        _pool.Withdraw(call);
    }

    private void Tell(NodeEndRef whom, NodeNews news) => Tell(whom.Gateway, news);

    private void Tell(GatewayRef whom, NodeNews news)
    {
        if (_gateways.TryGetValue(whom.Id, out var gateway)) gateway.Tell(news);
    }

    // It has not said that it lives: its nodes, streams and calls are gone with it.
    private void Lose(string id, NodeGateway gateway)
    {
        _gateways.Remove(id);
        gateway.End();
        _streams.Lose(id);
        foreach (var claim in _earlyClaims.Keys.Where(claim => claim.Gateway.Id == id).ToList()) _earlyClaims.Remove(claim);
        foreach (var call in _calls.Keys.Where(call => call.Gateway.Id == id).ToList()) Forget(call);
        foreach (var node in _pool.Sockets().Where(node => node.Gateway.Id == id).ToList()) _pool.Leave(node, Turn);
        // Whom it had begun learns of the loss from there; of the others nobody else knows.
        foreach (var (call, asked) in _calls.Where(one => one.Value.At == id)) Tell(call, new((int)NodeNewsKind.Lost, call.Number, Serial: asked.Serial));
    }

    private sealed record Asked(int Serial, NodeAsk? Ask, string? Stream, string? At = null);
}
