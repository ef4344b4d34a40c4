using Relay.Core.Errors;

namespace Relay.Core.Nodes;

/// <summary>The nodes' coming and going.</summary>
public sealed partial class NodePool<TNode, TCall>
{
    /// <summary>The nodes in the order of their ids.</summary>
    /// <returns>What each is.</returns>
    public IEnumerable<NodeDescription> Nodes() =>
        _nodes.Values.OrderBy(static node => node.Id, StringComparer.Ordinal).Select(static node => new NodeDescription(node.Offer, node.Calls.Count, node.IsDraining));

    /// <summary>The models that some node serves, or served until a moment ago, in the order of their names.</summary>
    /// <returns>What each is.</returns>
    public IEnumerable<ModelDescription> Models() =>
        _models.OrderBy(static model => model.Key, StringComparer.Ordinal).Select(static model => new ModelDescription(model.Key, model.Value.Holders.Count, model.Value.Queue.Count));

    /// <summary>All sockets, those that wait for what a probe gives among them.</summary>
    /// <returns>The sockets.</returns>
    public IEnumerable<TNode> Sockets() => _sockets.Keys;

    /// <summary>A rule that began anew learns of a call that a node has.</summary>
    /// <param name="socket">The node's socket.</param>
    /// <param name="call">The call.</param>
    public void Has(TNode socket, TCall call) => Own(socket)?.Calls.Add(call);

    /// <summary>A rule that began anew learns that an operator drains a node, before the node joins.</summary>
    /// <param name="nodeId">The node.</param>
    public void IsDrained(string nodeId)
    {
        if (!_nodes.ContainsKey(nodeId) && _drained.Count < _limits.MaxNodes) _drained.Add(nodeId);
    }

    /// <summary>A node has connected. While there is another with its id, it waits until that one is known to be dead.</summary>
    /// <param name="socket">Its socket.</param>
    /// <param name="offer">What it offers.</param>
    /// <param name="turn">The turn.</param>
    public void Join(TNode socket, NodeOffer offer, Turn turn)
    {
        if (_sockets.ContainsKey(socket))
        {
            Change(socket, offer, turn);
        }
        else if (!_nodes.TryGetValue(offer.NodeId, out var first))
        {
            Admit(socket, offer, turn);
        }
        else if (first.Claimant is null)
        {
            first.Claimant = (socket, offer);
            _sockets.Add(socket, first);
            _port.Probe(first.Node);
        }
        else
        {
            _port.TurnAway(socket, CloseReason.NodeIdTaken);
        }
    }

    /// <summary>A node offers something else from now on. What it has is not touched.</summary>
    /// <param name="socket">Its socket.</param>
    /// <param name="offer">What it offers, under the same id.</param>
    /// <param name="turn">The turn.</param>
    public void Change(TNode socket, NodeOffer offer, Turn turn)
    {
        if (!_sockets.TryGetValue(socket, out var node) || node.Id != offer.NodeId) return;
        if (!node.Node.Equals(socket))
        {
            node.Claimant = (socket, offer);
            return;
        }

        Forget(node, node.Offer.Models.Except(offer.Models, StringComparer.Ordinal), turn);
        var added = offer.Models.Except(node.Offer.Models, StringComparer.Ordinal).ToList();
        node.Offer = offer;
        Hold(node, added);
        Serve(node, turn);
    }

    /// <summary>A node that was probed has answered.</summary>
    /// <param name="socket">Its socket.</param>
    public void Answered(TNode socket)
    {
        if (Own(socket) is not { Claimant: { } claimant } node) return;
        node.Claimant = null;
        _sockets.Remove(claimant.Node);
        _port.TurnAway(claimant.Node, CloseReason.NodeIdTaken);
    }

    /// <summary>A node's socket has closed. Its calls are not this rule's affair any more: whoever had them asks again.</summary>
    /// <param name="socket">Its socket.</param>
    /// <param name="turn">The turn.</param>
    public void Leave(TNode socket, Turn turn)
    {
        if (!_sockets.Remove(socket, out var node)) return;
        if (!node.Node.Equals(socket))
        {
            node.Claimant = null;
            return;
        }

        _nodes.Remove(node.Id);
        Forget(node, node.Offer.Models, turn);
        if (node.Claimant is not { } claimant) return;
        _sockets.Remove(claimant.Node);
        Admit(claimant.Node, claimant.Offer, turn);
    }

    /// <summary>An operator wants a node to get no new calls, or to get them again.</summary>
    /// <param name="nodeId">The node.</param>
    /// <param name="drains">Whether it is to get none.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>False when there is no such node.</returns>
    public bool Drain(string nodeId, bool drains, Turn turn)
    {
        var node = _nodes.GetValueOrDefault(nodeId);
        if (!drains && _drained.Remove(nodeId) && node is null) return true;
        if (node is null) return false;
        if (node.IsDraining != drains) _port.Drain(node.Node, drains);
        node.IsDraining = drains;
        if (drains && _drained.Count < _limits.MaxNodes) _drained.Add(nodeId);
        if (!drains) Serve(node, turn);
        return true;
    }

    private void Admit(TNode socket, NodeOffer offer, Turn turn)
    {
        if (_nodes.Count >= _limits.MaxNodes)
        {
            _port.TurnAway(socket, CloseReason.TooManyNodes);
            return;
        }

        var node = new PooledNode<TNode, TCall>(socket, offer) { IsDraining = _drained.Contains(offer.NodeId) };
        _nodes.Add(offer.NodeId, node);
        _sockets.Add(socket, node);
        Hold(node, offer.Models);
        _port.Accept(socket);
        if (node.IsDraining) _port.Drain(socket, true);
        Serve(node, turn);
    }

    private void Hold(PooledNode<TNode, TCall> node, IEnumerable<string> models)
    {
        foreach (var name in models)
        {
            if (!_models.TryGetValue(name, out var model)) _models.Add(name, model = new(_limits.QueueLength));
            model.Holders.Add(node);
        }
    }

    private void Forget(PooledNode<TNode, TCall> node, IEnumerable<string> models, Turn turn)
    {
        foreach (var name in models)
        {
            var model = _models[name];
            model.Holders.Remove(node);
            if (model.Holders.Count == 0) model.EmptySince = turn.Now;
            // Those that have failed everywhere else wait for nobody now.
            foreach (var waiting in model.Queue.All().Where(waiting => waiting.Ask.Without.Count > 0 && !model.Holders.Exists(other => !waiting.Ask.Without.Contains(other.Id))).ToList())
            {
                model.Queue.Remove(waiting.Call);
                _port.Refuse(waiting.Call, CallRefusal.NoOther);
            }
        }
    }
}
