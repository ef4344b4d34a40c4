using Relay.Core.Errors;
using Relay.Core.Hubs;

namespace Relay.Core.Plugins;

/// <content>Requests whose turn is over and that are still open.</content>
public sealed partial class PluginInbox
{
    /// <summary>A handler has detached its request: its turn is over, the request goes on.</summary>
    /// <param name="request">The request.</param>
    public void Detached(PluginRequest request)
    {
        if (request.Incarnation != _incarnation || _phase == Phase.Empty)
        {
            request.Finish(ErrorCode.PluginFailed, null);
            _port.Cancel(request);
            return;
        }

        request.ReturnCredit();
        if (!request.IsFinished) _detached.Add(request);
        _port.WantSweep();
        if (_phase == Phase.Ending) _port.Cancel(request);
        if (ReferenceEquals(request, _current)) TurnOver();
        if (request.Connection.IsClosed) ConnectionLeft(request.Connection);
    }

    /// <summary>A detached request has got its terminal.</summary>
    /// <param name="request">The request.</param>
    public void DetachedFinished(PluginRequest request) => _detached.Remove(request);

    /// <summary>A connection has closed: its detached requests end unless they were meant to go on.</summary>
    /// <param name="connection">The connection.</param>
    public void ConnectionLeft(IHubConnection connection)
    {
        for (var i = _detached.Count - 1; i >= 0; i--)
        {
            var request = _detached[i];
            if (!ReferenceEquals(request.Connection, connection) || request.SurvivesDisconnect) continue;
            _detached.RemoveAt(i);
            request.Finish(ErrorCode.PluginFailed, null);
            _port.Cancel(request);
        }
    }
}
