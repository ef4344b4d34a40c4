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
internal sealed partial class UserLink(OrleansRuntime runtime, UserKey user)
{
    private const int BatchItems = 512;
    private const int BatchBytes = 512 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedConnection> _connections = [];

    // Bounded by the connections' credit, and one item more for each that leaves or has room again.
    private readonly Queue<Waiting> _waiting = new();
    private readonly SortedDictionary<long, Outstanding> _outstanding = [];
    private ClientItem[]? _onItsWay;
    private bool _wasRefused;
    private bool _syncWanted;
    private bool _pumping;
    private bool _isOver;
    private long _epoch;
    private long _batch;

    public UserKey User => user;

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
                var reply = await runtime.Hub(user).Join(runtime.Gateway, linked.Info, isNew, Left()).WaitAsync(runtime.Options.JoinPatience, runtime.Time);
                if (Joined(reply) && await IsWelcomedAsync(linked)) return new(new ClusterHubLink(this, linked), null);
                if (reply.Error is { } error) return Refused(linked, (ErrorCode)error);
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

    /// <summary>The user's connections here, and which of them a hub has welcomed.</summary>
    public ConnectionInfo[] Held()
    {
        lock (_gate) return [.. _connections.Values.Select(static linked => linked.Info)];
    }

    // Connections whose leaving the hub may not have heard of yet.
    private string[] Left()
    {
        lock (_gate) return [.. _waiting.Select(static waiting => waiting.Item).Concat(_onItsWay ?? []).Where(static item => item.Kind == ClientItemKind.Leave).Select(static item => item.Connection)];
    }

    /// <summary>A message of a connection.</summary>
    public void Send(LinkedConnection linked, in ClientEnvelope message)
    {
        lock (_gate)
        {
            if (!_connections.ContainsKey(linked.Connection.Id)) return;
            var item = new ClientItem(ClientItemKind.Message, linked.Connection.Id, runtime.NextNumber(), message.Frame);
            _waiting.Enqueue(new(item, new(linked, message.RequestId.ToArray(), message.Credit)));
            Pump();
        }
    }

    /// <summary>A connection has closed.</summary>
    public void Leave(LinkedConnection linked)
    {
        lock (_gate)
        {
            if (!Forget(linked)) return;
            _waiting.Enqueue(new(new(ClientItemKind.Leave, linked.Connection.Id, 0, []), default));
            Pump();
        }
    }

    /// <summary>A connection's outbox has room again.</summary>
    public void RoomAgain(LinkedConnection linked)
    {
        lock (_gate)
        {
            if (linked.BlockedAt == 0 || !_connections.ContainsKey(linked.Connection.Id)) return;
            _waiting.Enqueue(new(new(ClientItemKind.Room, linked.Connection.Id, linked.BlockedAt, []), default));
            linked.BlockedAt = 0;
            Pump();
        }
    }

    /// <summary>The hub may be lost.</summary>
    public void Resync()
    {
        lock (_gate)
        {
            _syncWanted = true;
            Pump();
        }
    }

    /// <summary>What the hub does to the connections.</summary>
    /// <param name="part">What.</param>
    /// <param name="full">Gathers the connections that have no room now.</param>
    public void Deliver(UserDelivery part, List<(string User, string Connection)> full)
    {
        lock (_gate)
        {
            // From a hub that has a successor: it must not speak any more.
            if (part.Epoch < _epoch) return;
            if (part.Epoch > _epoch && _epoch != 0) Resync();
            foreach (var item in part.Items)
            {
                if (item.Kind == DeliveryKind.Moved) Resync();
                else if (_connections.TryGetValue(item.Connection, out var linked)) Deliver(linked, item);
            }

            foreach (var id in part.Items.Select(static item => item.Connection).Distinct())
            {
                // Told once: there will be one word that there is room again.
                if (!_connections.TryGetValue(id, out var linked) || linked.BlockedAt == part.Epoch || !linked.Connection.WhenRoom(linked)) continue;
                linked.BlockedAt = part.Epoch;
                full.Add((part.User, id));
            }
        }
    }

    private void Deliver(LinkedConnection linked, in Delivery item)
    {
        var connection = linked.Connection;
        var credit = new Credit(item.Messages, item.Bytes);
        switch (item.Kind)
        {
            case DeliveryKind.Answer:
                if (item.Number != 0) _outstanding.Remove(item.Number);
                connection.Answer(new(item.Frame), credit);
                break;
            case DeliveryKind.Push:
                // The first is the welcome.
                connection.Push(new(item.Frame));
                linked.Welcome();
                break;
            case DeliveryKind.Return:
                Return(item.Number);
                connection.Return(credit);
                break;
            case DeliveryKind.KeepOpen:
                linked.KeptOpen += item.Messages;
                connection.KeepOpen(item.Messages);
                break;
            case DeliveryKind.Close:
                connection.Close((ErrorCode)item.Messages);
                break;
            case DeliveryKind.Moved:
                break;
        }
    }

    // Credit that comes back before the answer: the request goes on detached, or nobody asked for an answer.
    private void Return(long number)
    {
        if (!_outstanding.TryGetValue(number, out var request)) return;
        if (request.RequestId.Length == 0) _outstanding.Remove(number);
        else _outstanding[number] = request with { Credit = Credit.None };
    }

    private bool Joined(JoinReply reply)
    {
        lock (_gate)
        {
            // A hub that has a successor already must not answer; the next try finds that one.
            if (reply.Epoch < _epoch) return false;
            if (_epoch != 0 && reply.Epoch != _epoch) Resync();
            if (_epoch == 0) (_epoch, Silo) = (reply.Epoch, reply.Silo);
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

    // Under the gate.
    private void EndIfEmpty()
    {
        if (_connections.Count > 0 || _waiting.Count > 0 || _onItsWay is not null) return;
        _isOver = true;
        runtime.Remove(this);
    }

    /// <summary>A message that the hub may have taken and has not answered.</summary>
    private readonly record struct Outstanding(LinkedConnection Connection, byte[] RequestId, Credit Credit);

    /// <summary>What is to be sent next, and of a message what it will be as long as it is not answered.</summary>
    private readonly record struct Waiting(ClientItem Item, Outstanding Request);
}
