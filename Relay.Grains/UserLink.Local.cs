using System.Diagnostics;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <content>
/// The hub in this process. It answers whatever it is given, so nothing is kept here of what is under way; when it ends, what comes next waits here
/// for its successor.
/// </content>
internal sealed partial class UserLink
{
    private volatile LocalGatewayLink? _local;

    // Bounded by the connections' credit.
    private readonly Queue<Waiting> _handedBack = new();

    /// <summary>The hub, when it is in this process and everything goes straight to it; else null.</summary>
    public LocalGatewayLink? Local => _local;

    /// <summary>A hub in this process takes a connection.</summary>
    /// <returns>Null when the connection has left.</returns>
    public LinkedConnection? Give(string id, LocalGatewayLink hub)
    {
        lock (_gate)
        {
            if (!_connections.TryGetValue(id, out var linked)) return null;
            linked.Hub = hub;
            // The one before is lost, and so is what it had.
            if (_epoch != 0 && hub.Epoch > _epoch) Resync();
            return linked;
        }
    }

    /// <summary>The hub in this process ends.</summary>
    public void Detach(LocalGatewayLink hub)
    {
        lock (_gate)
        {
            if (_local != hub) return;
            (_local, _isHeld) = (null, true);
        }
    }

    /// <summary>The hub in this process ends and has not begun with a message: the successor gets it, before what came later.</summary>
    public void HandBack(LinkedConnection linked, in ClientEnvelope message)
    {
        LocalGatewayLink? local = null;
        lock (_gate)
        {
            if (!_connections.ContainsKey(linked.Connection.Id))
            {
                RelayTrace.End(message, ErrorCode.GoingAway);
                return;
            }

            var item = new ClientItem(ClientItemKind.Message, linked.Connection.Id, runtime.NextNumber(), message.Frame);
            if (_isHeld) _handedBack.Enqueue(new(item, Request(linked, message)));
            else if (_local is null) Enqueue(item, Request(linked, message));
            else local = _local;
        }

        local?.Send(linked, message);
    }

    // Under the gate.
    private void PutBack()
    {
        if (_handedBack.Count == 0) return;
        foreach (var waiting in _waiting) _handedBack.Enqueue(waiting);
        _waiting.Clear();
        while (_handedBack.TryDequeue(out var waiting)) _waiting.Enqueue(waiting);
    }

    // Under the gate, and in a scope without plugins: the hub's turns run here. What has waited goes first, whatever comes next straight.
    private void Attach(LocalGatewayLink? hub)
    {
        if (hub is null || hub.Epoch != _epoch || hub == _local) return;
        if (hub.IsClosed)
        {
            // One that has been detached says itself when it has ended.
            if (!_isHeld) Resync();
            return;
        }

        foreach (var item in _onItsWay ?? []) HandOver(hub, item, _outstanding.GetValueOrDefault(item.Number).Span);
        _onItsWay = null;
        while (_waiting.TryDequeue(out var waiting)) HandOver(hub, waiting.Item, waiting.Request.Span);
        _outstanding.Clear();
        _local = hub;
    }

    // Under the gate, in such a scope too. A hub in this process that has a successor and has not been told.
    private void Drop()
    {
        if (_local is not { } hub || hub.Epoch == _epoch) return;
        _local = null;
        foreach (var connection in hub.Connections) hub.Leave(connection);
    }

    private void HandOver(LocalGatewayLink hub, in ClientItem item, Activity? span)
    {
        // That there is room again is of no use to a hub that sees the outbox itself.
        if (item.Kind == ClientItemKind.Leave && hub.Find(item.Connection) is { } gone) hub.Leave(gone);
        else if (item.Kind == ClientItemKind.Message && _connections.TryGetValue(item.Connection, out var linked) && ClientEnvelope.TryRead(item.Frame, out var message, out _)) hub.Send(linked, message with { Span = span });
    }
}
