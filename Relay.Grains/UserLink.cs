using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// A gateway's way to one user's hub: what the user's connections send goes there in batches, one at a time and each taken once; what comes
/// back goes to the connections. When the hub is lost, what it may have handled is answered <c>outcome_unknown</c>, and what it never had goes to its
/// successor (DESIGN rules 7 and 8).
/// </summary>
internal sealed partial class UserLink(OrleansRuntime runtime, UserKey user, string key)
{
    private const int BatchItems = 512;
    private const int BatchBytes = 512 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedConnection> _connections = [];

    // Bounded by the connections' credit, and one item more for each that leaves or has room again.
    private readonly Queue<Waiting> _waiting = new();
    private readonly Dictionary<long, Outstanding> _outstanding = [];
    private readonly UserGroups _groups = new();
    private SiloOutbox? _outbox;
    private ClientItem[]? _onItsWay;

    // What is on its way has been refused, or has not been sent to the hub that is there now.
    private bool _isUntaken;
    private bool _syncWanted;
    private bool _isHeld;
    private bool _pumping;
    private bool _isOver;
    private long _epoch;
    private long _batch;

    public UserKey User => user;

    /// <summary>The user, as an actor's key.</summary>
    public string Key => key;

    /// <summary>Where the hub was, last.</summary>
    public string Silo { get; private set; } = "";

    /// <summary>Makes a place for a connection that joins.</summary>
    /// <returns>False when the link is over; take another.</returns>
    public bool TryEnter(IHubConnection connection)
    {
        lock (_gate)
        {
            if (_isOver) return false;
            _connections[connection.Id] = new(this, connection, runtime.NextNumber());
            return true;
        }
    }

    /// <summary>Joins a connection that has a place.</summary>
    public async Task<JoinResult> JoinAsync(IHubConnection connection, bool isNew, long began)
    {
        LinkedConnection linked;
        lock (_gate) linked = _connections[connection.Id];
        while (true)
        {
            try
            {
                var reply = await runtime.Hub(user).Join(runtime.Gateway, linked.Info, isNew, Left()).WaitAsync(runtime.Options.JoinPatience, runtime.Time, runtime.Upheaval);
                if (Joined(reply, linked) && await IsWelcomedAsync(linked)) return new(new ClusterHubLink(this, linked), null);
                if (reply.Error is { } error) return Refused(linked, Known.Error(error));
                // The hub was lost with the welcome.
                isNew = false;
                if (runtime.Time.GetElapsedTime(began) >= runtime.Options.JoinPatience) return GivenUp(linked);
            }
            catch (Exception) when (runtime.Time.GetElapsedTime(began) < runtime.Options.JoinPatience)
            {
                isNew = false;
                if (linked.IsJoined) return Rejoined(linked);
            }
            catch (Exception e)
            {
                runtime.Log.HubUnreachable(user, e.Message);
                return GivenUp(linked);
            }

            await Task.Delay(runtime.Options.RetryDelay, runtime.Time);
        }
    }

    /// <summary>The user's connections here, which of them a hub has welcomed, and the user's groups.</summary>
    public Holding Held()
    {
        lock (_gate) return new([.. _connections.Values.Select(static linked => linked.Info)], _groups.Now);
    }

    /// <summary>What a hub tells of the user's groups.</summary>
    public void Take(in Delivery item) => _groups.Take(item);

    // Connections whose leaving the hub may not have heard of yet.
    private string[] Left()
    {
        lock (_gate) return [.. _waiting.Select(static waiting => waiting.Item).Concat(_onItsWay ?? []).Where(static item => item.Kind == ClientItemKind.Leave).Select(static item => item.Connection)];
    }

    /// <summary>A message of a connection.</summary>
    public void Send(LinkedConnection linked, in ClientEnvelope message)
    {
        LocalGatewayLink? local;
        lock (_gate)
        {
            if (!_connections.ContainsKey(linked.Connection.Id)) return;
            local = _local;
            if (local is null) Enqueue(new(ClientItemKind.Message, linked.Connection.Id, runtime.NextNumber(), message.Frame), Request(linked, message));
        }

        local?.Send(linked, message);
    }

    /// <summary>A connection has closed.</summary>
    public void Leave(LinkedConnection linked)
    {
        LocalGatewayLink? local;
        lock (_gate)
        {
            if (!Forget(linked)) return;
            local = _local;
            if (local is null) Enqueue(new(ClientItemKind.Leave, linked.Connection.Id, 0, []));
            else EndIfEmpty();
        }

        if (local?.Find(linked.Connection.Id) is { } gone) local.Leave(gone);
    }

    /// <summary>A connection's outbox has room again.</summary>
    public void RoomAgain(LinkedConnection linked)
    {
        lock (_gate)
        {
            if (linked.BlockedAt == 0 || !_connections.ContainsKey(linked.Connection.Id)) return;
            // A hub in this process sees the outbox itself.
            if (_local is null) Enqueue(new(ClientItemKind.Room, linked.Connection.Id, linked.BlockedAt, []));
            linked.BlockedAt = 0;
        }
    }

    /// <summary>The hub may be lost.</summary>
    public void Resync()
    {
        lock (_gate)
        {
            (_syncWanted, _isHeld) = (true, false);
            PutBack();
            Pump();
        }
    }

    private bool Joined(JoinReply reply, LinkedConnection linked)
    {
        using var scope = TurnScope.EnterWithoutPlugins();
        lock (_gate)
        {
            // A hub that has a successor already must not answer; the next try finds that one.
            if (reply.Epoch < _epoch) return false;
            if (_epoch != 0 && reply.Epoch != _epoch) Resync();
            runtime.Learn(reply.MayRunTwice);
            if (_epoch == 0) (_epoch, Silo, _outbox) = (reply.Epoch, reply.Silo, runtime.Outbox(reply.Silo, reply.Inbox));
            Attach(linked.Hub);
            return reply.Error is null;
        }
    }

    // The welcome goes another way than the reply, and may be lost with the hub.
    private async Task<bool> IsWelcomedAsync(LinkedConnection linked)
    {
        try
        {
            await linked.Welcomed.WaitAsync(runtime.Options.SyncInterval, runtime.Time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // Only the reply was lost, perhaps with the hub.
    private JoinResult Rejoined(LinkedConnection linked)
    {
        Resync();
        return new(new ClusterHubLink(this, linked), null);
    }

    // The hub may have let it in for all that is known here.
    private JoinResult GivenUp(LinkedConnection linked)
    {
        Leave(linked);
        return new(null, ErrorCode.HubCreationFailed);
    }

    private JoinResult Refused(LinkedConnection linked, ErrorCode error)
    {
        lock (_gate)
        {
            Forget(linked);
            EndIfEmpty();
        }

        return new(null, error);
    }

    private bool Forget(LinkedConnection linked)
    {
        if (!_connections.Remove(linked.Connection.Id)) return false;
        foreach (var (number, request) in _outstanding.ToList())
            if (request.Connection == linked) _outstanding.Remove(number);
        return true;
    }

    private Outstanding Request(LinkedConnection linked, in ClientEnvelope message) =>
        new(linked, message.RequestId.ToArray(), message.Credit, runtime.MayRunTwice(message) ? message.Frame : null);

    // Under the gate.
    private void Enqueue(in ClientItem item, in Outstanding request = default)
    {
        _waiting.Enqueue(new(item, request));
        Pump();
    }

    // Under the gate.
    private void EndIfEmpty()
    {
        if (_connections.Count > 0 || _waiting.Count > 0 || _onItsWay is not null) return;
        _isOver = true;
        runtime.Remove(this);
    }

    /// <summary>A message that the hub may have taken and has not answered.</summary>
    /// <param name="Connection">Whose it is.</param>
    /// <param name="RequestId">Its request's, or empty.</param>
    /// <param name="Credit">What it holds of the connection's credit; nothing when that was returned before the answer.</param>
    /// <param name="Again">The message, when it may go to a successor of the hub: it does no harm twice, or has been handed back.</param>
    private readonly record struct Outstanding(LinkedConnection Connection, byte[] RequestId, Credit Credit, byte[]? Again)
    {
        /// <summary>The message goes to the next hub, which has not had it, and to none after that.</summary>
        public bool IsHandedBack { get; init; }
    }

    /// <summary>What is to be sent next, and of a message what it will be as long as it is not answered.</summary>
    private readonly record struct Waiting(ClientItem Item, Outstanding Request);
}
