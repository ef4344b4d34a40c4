using Relay.Core;

namespace Relay.Gateway.Nodes;

/// <summary>What a tenant's own program is told of the node: once that it has come, and once that it has left.</summary>
internal sealed partial class NodeUse
{
    private readonly Lock _told = new();

    // Under the lock. In a cluster a node is accepted again by each new life of the tenant's pool.
    private bool _toldAccepted;
    private bool _isOver;

    private void TellAccepted()
    {
        lock (_told)
        {
            if (_toldAccepted || _isOver) return;
            _toldAccepted = true;
            Tell(RelayEventKind.NodeConnected);
        }
    }

    private void TellLeft()
    {
        lock (_told)
        {
            _isOver = true;
            if (_toldAccepted) Tell(RelayEventKind.NodeDisconnected);
        }
    }

    private void Tell(RelayEventKind kind) =>
        _events.Tell(new(_tenant, kind, NodeId) { ConnectionId = _connection.Id, Models = Volatile.Read(ref _offer)?.Models ?? [] });
}
