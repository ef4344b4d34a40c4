using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes;
using Relay.Core.Nodes.Wire;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.WebSockets;

namespace Relay.Gateway.Nodes;

/// <summary>What a node is told of its socket, and how long it may do nothing.</summary>
/// <param name="Welcome">What it is told.</param>
/// <param name="HelloTimeout">How long it may take to say who it is.</param>
/// <param name="ProbeTimeout">How long a silent one may take to prove that it lives, when another claims its id.</param>
/// <param name="StallTimeout">How long it may take nothing of what it is sent.</param>
internal sealed record NodeTerms(NodeWelcome Welcome, TimeSpan HelloTimeout, TimeSpan ProbeTimeout, TimeSpan StallTimeout);

/// <summary>
/// A connection that is a node: many requests at once, each with a window of its own, so that what nobody reads stalls its own request and no other. What breaks
/// the protocol is cut off, and its callers are told.
/// </summary>
internal sealed partial class NodeUse : IConnectionUse, INodeSocket
{
    private readonly Connection _connection;
    private readonly TenantId _tenant;
    private readonly NodeTerms _terms;
    private readonly IRelayEvents _events;
    private readonly NodeLog _log;
    private readonly NodeLink _link;
    private readonly BodyPump _pump;

    private readonly Lock _offering = new();

    // Under _offering; the offer is read anywhere.
    private NodeOffer? _offer;
    private bool _leaves;

    // Sweep only.
    private TimeSpan? _opened;
    private (TimeSpan Since, long Sent) _stall;
    private (TimeSpan Since, long Heard)? _probe;
    private bool _toldOfDrain;

    private int _probeWanted;

    public NodeUse(Connection connection, TenantId tenant, INodeRuntime nodes, NodeTerms terms, IRelayEvents events, NodeLog log)
    {
        (_connection, _tenant, _terms, _events, _log) = (connection, tenant, terms, events, log);
        _pump = new(connection, terms.Welcome.ChunkBytes);
        _link = nodes.Open(tenant, this);
    }

    private string NodeId => Volatile.Read(ref _offer)?.NodeId ?? "";

    public string Job => "node";

    public void Take(Connection connection, in IncomingFrame frame, Credit credit)
    {
        // What is kept of it is bounded by the requests' windows.
        connection.Return(credit);
        var fault = frame.IsText ? TakeMessage(frame.Payload) : TakeChunk(frame.Payload);
        if (fault == NodeWireFault.None) return;
        _log.NodeFaulted(_tenant, NodeId, connection.Id, fault);
        connection.Close(CloseReason.BadNodeMessage);
    }

    public void Leave()
    {
        _link.Leave();
        FailAll();
        TellLeft();
    }

    public void Sweep(Connection connection, TimeSpan now)
    {
        _opened ??= now;
        if (Volatile.Read(ref _offer) is null && now - _opened >= _terms.HelloTimeout) connection.Close(CloseReason.HelloTimeout);
        SweepProbe(connection, now);
        SweepStall(connection, now);
        if (!connection.IsDraining || _toldOfDrain) return;
        _toldOfDrain = true;
        Finish();
    }

    // No new requests for what is cut off soon; the node comes back with a fresh token.
    public void Expiring(Connection connection, DateTimeOffset at) => Finish();

    private void SweepProbe(Connection connection, TimeSpan now)
    {
        if (Interlocked.Exchange(ref _probeWanted, 0) != 0)
        {
            _probe = (now, connection.Heard);
            connection.Ping();
        }
        else if (_probe is { } probe && connection.Heard != probe.Heard)
        {
            _probe = null;
            _link.Answered();
        }
        else if (_probe is { } silent && now - silent.Since >= _terms.ProbeTimeout)
        {
            _log.NodeDead(_tenant, NodeId, connection.Id);
            connection.Close(CloseReason.PeerGone);
        }
    }

    // A node that sends but never reads answers no ping either, and is heard all the same.
    private void SweepStall(Connection connection, TimeSpan now)
    {
        if (connection.HasSentAll || connection.BytesSent != _stall.Sent) _stall = (now, connection.BytesSent);
        else if (now - _stall.Since >= _terms.StallTimeout) connection.Close(CloseReason.NodeStalled);
    }

    private NodeWireFault TakeMessage(byte[] payload)
    {
        if (NodeMessageReader.TryRead(payload, NodeSide.Node, out var message) is var fault and not NodeWireFault.None) return fault;
        if (message is NodeHello hello) return TakeHello(hello);
        if (_offer is null) return NodeWireFault.NoHello;
        switch (message)
        {
            case NodeHeartbeat heartbeat:
                Offer(_offer with { Capacity = heartbeat.Capacity, Models = heartbeat.Models ?? _offer.Models });
                return NodeWireFault.None;
            case NodeDrain:
                TakeNoMore();
                return NodeWireFault.None;
            case NodeResponse response:
                return TakeHead(response);
            case NodeError error:
                return TakeError(error);
            case NodeCredit credit:
                return TakeCredit(credit);
            default:
                return NodeWireFault.UnknownType;
        }
    }

    private NodeWireFault TakeHello(NodeHello hello)
    {
        if (_offer is not null) return NodeWireFault.NoHello;
        if (!Ids.IsValid(hello.NodeId) || !hello.Models.All(Ids.IsValid)) return NodeWireFault.BadMember;
        _log.NodeSaidHello(_tenant, hello.NodeId, _connection.Id, hello.Models.Count, hello.Capacity);
        Offer(new(hello.NodeId, hello.Models, hello.Capacity));
        return NodeWireFault.None;
    }

    // Whatever the node makes of it: the tenant's other gateways would keep it busy until it is cut off.
    private void Finish()
    {
        TakeNoMore();
        Drain(true);
    }

    private void TakeNoMore()
    {
        lock (_offering)
        {
            _leaves = true;
            if (_offer is { } offer) Offer(offer);
        }
    }

    private void Offer(NodeOffer offer)
    {
        lock (_offering)
        {
            if (_leaves) offer = offer with { Capacity = 0 };
            offer = offer with { Models = [.. offer.Models.Distinct(StringComparer.Ordinal)] };
            var known = _offer;
            if (known is not null && known.Capacity == offer.Capacity && known.Models.SequenceEqual(offer.Models, StringComparer.Ordinal)) return;
            Volatile.Write(ref _offer, offer);
            _link.Offer(offer);
        }
    }

    private void Send(NodeMessage message) => _connection.Answer(new Frame(NodeMessageWriter.Write(message)), Credit.None);
}
