using Relay.Core.Errors;
using Relay.Core.Nodes;
using Relay.Core.Nodes.Wire;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary>The node's requests.</summary>
internal sealed partial class NodeUse
{
    // Requests that were cancelled lately: what the node had already sent for them is passed over.
    private const int MaxCancelled = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, OpenCall> _calls = [];
    private readonly HashSet<long> _cancelled = [];
    private readonly Queue<long> _cancelledInOrder = new();
    private long _lastId;
    private bool _hasLeft;

    public void Accept()
    {
        Send(_terms.Welcome);
        TellAccepted();
    }

    public void TurnAway(CloseReason reason)
    {
        _log.NodeTurnedAway(_tenant, NodeId, _connection.Id, reason);
        _connection.Close(reason);
    }

    public void Probe() => Volatile.Write(ref _probeWanted, 1);

    public void Drain(bool drains) => Send(drains ? new NodeDrain() : new NodeResume());

    public void Begin(INodeCaller caller, TimeSpan waited)
    {
        OpenCall call;
        bool hasLeft;
        lock (_gate)
        {
            call = new(this, ++_lastId, caller, _terms.Welcome.WindowBytes);
            hasLeft = _hasLeft;
        }

        // First of all: what the node says of the call comes by the receive loop.
        caller.Started(call, NodeId, waited);
        if (caller.Request.Body.Length > _terms.Welcome.MaxBodyBytes)
        {
            // The limit was raised since the node came, which was told of the one before.
            _link.Done(caller);
            caller.Fail(call, CallFailure.NodeFailed, $"body_too_big: the node was told that no body is over {_terms.Welcome.MaxBodyBytes} bytes");
            return;
        }

        if (!hasLeft) _connection.KeepOpen(1);
        lock (_gate)
        {
            hasLeft |= _hasLeft;
            if (!hasLeft) _calls.Add(call.Id, call);
        }

        if (hasLeft)
        {
            caller.Fail(call, CallFailure.NodeLost, "");
            return;
        }

        var request = caller.Request;
        Send(new NodeRequest(call.Id, request.Method, request.Path, request.Headers, request.Body.Length));
        _pump.Add(call);
    }

    /// <summary>The caller does not want the answer any more.</summary>
    public void Cancel(OpenCall call)
    {
        if (!TryEnd(call, isCancelled: true)) return;
        Send(new NodeCancel(call.Id));
        _link.Done(call.Caller);
    }

    /// <summary>The caller has passed on what it was given.</summary>
    public void Grant(OpenCall call, int bytes)
    {
        bool isOpen;
        lock (_gate) isOpen = _calls.ContainsKey(call.Id);
        if (isOpen) Send(new NodeCredit(call.Id, bytes));
    }

    private NodeWireFault TakeHead(NodeResponse response)
    {
        if (Find(response.Id, out var call) is var fault && call is null) return fault;
        if (call.IsAnswered) return NodeWireFault.OutOfOrder;
        call.IsAnswered = true;
        call.Caller.Answer(call, new CallHead(response.Status, response.Headers));
        return NodeWireFault.None;
    }

    private NodeWireFault TakeError(NodeError error)
    {
        if (Find(error.Id, out var call) is var fault && call is null) return fault;
        if (!TryEnd(call)) return NodeWireFault.None;
        using (CallTrace.Within(call.Caller.Request)) _log.CallFailed(_tenant, NodeId, _connection.Id, error.Code);
        _link.Done(call.Caller);
        call.Caller.Fail(call, CallFailure.NodeFailed, error.Message.Length == 0 ? error.Code : $"{error.Code}: {error.Message}");
        return NodeWireFault.None;
    }

    private NodeWireFault TakeCredit(NodeCredit credit)
    {
        if (Find(credit.Id, out var call) is var fault && call is null) return fault == NodeWireFault.AfterLast ? NodeWireFault.None : fault;
        fault = call.Grant(credit.Bytes);
        if (fault == NodeWireFault.None) _pump.Add(call);
        return fault;
    }

    private NodeWireFault TakeChunk(byte[] payload)
    {
        if (_offer is null) return NodeWireFault.NoHello;
        var fault = NodeChunk.TryRead(payload, payload.Length, _terms.Welcome.ChunkBytes, out var chunk);
        if (fault != NodeWireFault.None) return fault;
        if ((fault = Find(chunk.Id, out var call)) != NodeWireFault.None || call is null) return fault;
        if (!call.IsAnswered) return NodeWireFault.OutOfOrder;
        var body = payload.AsMemory(NodeChunk.HeaderBytes);
        if ((fault = call.Take(chunk, body.Length)) != NodeWireFault.None) return fault;
        if (!body.IsEmpty) call.Caller.Take(call, body);
        if (!chunk.IsLast || !TryEnd(call)) return NodeWireFault.None;
        _link.Done(call.Caller);
        call.Caller.End(call);
        return NodeWireFault.None;
    }

    // Without a call and without a fault, it was cancelled, and what still comes of it means nothing.
    private NodeWireFault Find(long id, out OpenCall? call)
    {
        lock (_gate)
        {
            if (_calls.TryGetValue(id, out call) || _cancelled.Contains(id)) return NodeWireFault.None;
            return id > _lastId ? NodeWireFault.UnknownRequest : NodeWireFault.AfterLast;
        }
    }

    private bool TryEnd(OpenCall call, bool isCancelled = false)
    {
        lock (_gate)
        {
            if (!_calls.Remove(call.Id)) return false;
            if (isCancelled && _cancelled.Add(call.Id))
            {
                _cancelledInOrder.Enqueue(call.Id);
                if (_cancelledInOrder.Count > MaxCancelled) _cancelled.Remove(_cancelledInOrder.Dequeue());
            }
        }

        _pump.Remove(call);
        _connection.KeepOpen(-1);
        return true;
    }

    private void FailAll()
    {
        OpenCall[] lost;
        lock (_gate)
        {
            _hasLeft = true;
            lost = [.. _calls.Values];
            _calls.Clear();
        }

        if (lost.Length > 0) _log.NodeLost(_tenant, NodeId, _connection.Id, _connection.Reason, lost.Length);
        foreach (var call in lost) call.Caller.Fail(call, CallFailure.NodeLost, "");
    }
}
