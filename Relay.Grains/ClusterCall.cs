using System.Globalization;
using Relay.Core.Nodes;
using Relay.Core.Nodes.Wire;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A call of this gateway. When its node is at another one, it is this end of the trunk between them.</summary>
internal sealed class ClusterCall : CallLink, ITrunkEnd
{
    private readonly Lock _gate = new();
    private readonly ClusterNodePool _pool;
    private readonly NodeAsk? _ask;
    private readonly string? _stream;
    private readonly INodeCaller _caller;
    private NodeAsk? _asked;
    private int _serial;
    private bool _waits;
    private bool _isOver;
    private RemoteCall? _remote;

    /// <summary>Makes it.</summary>
    /// <param name="pool">What the gateway has of the tenant's.</param>
    /// <param name="ask">What it wants of a node; or:</param>
    /// <param name="stream">The stream that it wants of another gateway.</param>
    /// <param name="caller">Who calls.</param>
    public ClusterCall(ClusterNodePool pool, NodeAsk? ask, string? stream, INodeCaller caller)
    {
        (_pool, _ask, _stream, _caller) = (pool, ask, stream, caller);
        Number = pool.Nodes.Trunks.Add(this);
    }

    public long Number { get; }

    public override void Ask(IReadOnlyCollection<string> without)
    {
        lock (_gate) (_asked, _waits, _remote, _serial) = (_ask is null ? null : _ask with { Without = [.. without] }, true, null, _serial + 1);
        CountWaiting(1);
        TellAgain();
    }

    public override void Leave()
    {
        bool waited;
        lock (_gate) (waited, _waits, _isOver) = (_waits, false, true);
        if (waited) CountWaiting(-1);
        _pool.Remove(this);
        _pool.Nodes.Trunks.Remove(Number);
        _pool.Tell(new((int)NodeTellingKind.Withdraw, Call: Self));
    }

    /// <summary>Asks, or asks a pool that does not know this gateway.</summary>
    public void TellAgain()
    {
        NodeTelling telling;
        lock (_gate)
        {
            if (!_waits) return;
            telling = _asked is { } asked
                ? new((int)NodeTellingKind.Ask, Call: Self, Ask: NodeAskView.Of(asked), Serial: _serial)
                : new((int)NodeTellingKind.Read, Call: Self, Serial: _serial, Stream: _stream);
        }

        _pool.Tell(telling);
    }

    /// <summary>Whoever had been given the call is lost, and it may never have begun there.</summary>
    public void AskAgain(int serial)
    {
        lock (_gate)
        {
            if (!_waits || serial != _serial) return;
            _serial++;
        }

        TellAgain();
    }

    /// <summary>A node of this gateway gets the call.</summary>
    /// <returns>Null when it is not wanted any more.</returns>
    public INodeCaller? TryStart(int serial) => Stop(serial) ? _caller : null;

    public void Refuse(int serial, CallRefusal reason)
    {
        if (!Stop(serial)) return;
        if (_ask is not null) _pool.Nodes.Counters.CountRefusal(reason);
        _caller.Refuse(reason);
    }

    public void Take(string gateway, in TrunkItem item)
    {
        if (item.Kind == TrunkKind.Begin)
        {
            Begin(gateway, item);
            return;
        }

        RemoteCall? remote;
        lock (_gate) remote = _remote;
        if (remote is null || remote.Gateway != gateway || remote.Other != item.From) return;
        switch (item.Kind)
        {
            case TrunkKind.Data when item.Texts is not null:
                if (NodeMessageReader.TryRead(item.Frame.Bytes, NodeSide.Node, out var message) == NodeWireFault.None && message is NodeResponse head) _caller.Answer(remote, new(head.Status, head.Headers));
                break;
            case TrunkKind.Data:
                _caller.Take(remote, item.Frame.Bytes);
                break;
            case TrunkKind.Credit:
                remote.SendMore();
                break;
            case TrunkKind.Finish:
                End(remote);
                _caller.End(remote);
                break;
            case TrunkKind.Close:
                End(remote);
                _caller.Fail(remote, item.Texts is [_, var said] && said.Length > 0 ? CallFailure.NodeFailed : CallFailure.NodeLost, item.Texts is [_, var text] ? text : "");
                break;
            default:
                break;
        }
    }

    public void Lost(string gateway)
    {
        RemoteCall? remote;
        lock (_gate) remote = _remote?.Gateway == gateway ? _remote : null;
        if (remote is null) return;
        End(remote);
        _caller.Fail(remote, CallFailure.NodeLost, "");
    }

    private NodeEndRef Self => new(_pool.Nodes.Gateway, Number);

    private bool Stop(int serial)
    {
        lock (_gate)
        {
            if (!_waits || serial != _serial || _isOver) return false;
            _waits = false;
        }

        CountWaiting(-1);
        return true;
    }

    private void CountWaiting(int by)
    {
        if (_ask is not null) Interlocked.Add(ref _pool.Nodes.Counters.WaitingValue, by);
    }

    private void End(RemoteCall remote)
    {
        lock (_gate)
            if (_remote == remote) _remote = null;
    }

    // A node at another gateway has the call.
    private void Begin(string gateway, in TrunkItem item)
    {
        if (item.Texts is not [var nodeId, var serial, var waited] || !Stop(int.Parse(serial, CultureInfo.InvariantCulture)))
        {
            _pool.Nodes.Trunks.Send(gateway, new(TrunkKind.Gone, item.From, Number));
            return;
        }

        var remote = new RemoteCall(_pool.Nodes.Trunks, gateway, item.From, Number, _caller.Request);
        lock (_gate) _remote = remote;
        _pool.Nodes.Trunks.Attach(Number, gateway);
        _caller.Started(remote, nodeId, new(long.Parse(waited, CultureInfo.InvariantCulture)));
        remote.SendFirst();
    }
}

/// <summary>The way to a node at another gateway: what the caller says, and its request in parts, of which a few are under way at a time.</summary>
internal sealed class RemoteCall(Trunks trunks, string gateway, long other, long self, CallRequest request) : INodeCall
{
    private const int PartBytes = 64 * 1024;
    private const int PartsUnderWay = 4;

    // The trunk's turns only.
    private int _sent;
    private bool _sentAll;

    public string Gateway => gateway;

    public long Other => other;

    public void Passed(int bytes) => trunks.Send(gateway, new(TrunkKind.Credit, other, self) { Credit = new(0, bytes) });

    public void Cancel() => trunks.Send(gateway, new(TrunkKind.Finish, other, self));

    public void SendFirst()
    {
        var head = new NodeRequest(1, request.Method, request.Path, request.Headers, request.Body.Length);
        trunks.Send(gateway, new(TrunkKind.Data, other, self) { Frame = new(NodeMessageWriter.Write(head)), Texts = [] });
        for (var i = 0; i < PartsUnderWay; i++) SendMore();
    }

    public void SendMore()
    {
        if (_sentAll) return;
        var length = Math.Min(PartBytes, request.Body.Length - _sent);
        trunks.Send(gateway, new(TrunkKind.Data, other, self) { Frame = new(request.Body.AsSpan(_sent, length).ToArray(), IsText: false) });
        _sent += length;
        _sentAll = _sent == request.Body.Length;
    }
}
