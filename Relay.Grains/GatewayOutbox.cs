using System.Collections.Concurrent;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// All that the hubs of a silo send to one gateway, in batches of which one is on its way at a time: while it is, the next gathers. A batch
/// is sent again until the gateway has taken it, or could not be reached for the length of a lease, and then its connections are gone.
/// </summary>
/// <remarks>Bounded by what fills it: connections' credit for answers, <see cref="RemoteConnection"/>'s window for pushes and streams.</remarks>
internal sealed class GatewayOutbox : IDisposable
{
    private const int BatchItems = 1024;
    private const int BatchBytes = 512 * 1024;

    private readonly ConcurrentQueue<(GatewayLink Link, Delivery Item, RemoteConnection? Connection)> _queue = new();
    private readonly ConcurrentQueue<(RoomGateway Room, RoomNewsItem Item)> _rooms = new();
    private readonly ConcurrentDictionary<IGatewayPart, bool> _links = new();
    private readonly GatewayRef _gateway;
    private readonly string _silo;
    private readonly ClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly ClusterLog _log;
    private readonly Action<GatewayOutbox> _lost;
    private readonly ITimer _heartbeat;
    private readonly long _birth;
    private long _number;
    private int _pumping;
    private int _beatWanted;
    private volatile bool _isLost;

    public GatewayOutbox(GatewayRef gateway, string silo, ClusterOptions options, TimeProvider time, ClusterLog log, Action<GatewayOutbox> lost)
    {
        (_gateway, _silo, _options, _time, _log, _lost) = (gateway, silo, options, time, log, lost);
        _birth = time.GetUtcNow().Ticks;
        _heartbeat = time.CreateTimer(static state => ((GatewayOutbox)state!).Beat(), this, options.SyncInterval, options.SyncInterval);
    }

    public string Id => _gateway.Id;

    public bool IsLost => _isLost;

    private bool HasWork => !_queue.IsEmpty || !_rooms.IsEmpty || Volatile.Read(ref _beatWanted) != 0;

    public void Add(IGatewayPart link)
    {
        _links.TryAdd(link, true);
        if (_isLost) link.GatewayLost();
    }

    public void Remove(IGatewayPart link) => _links.TryRemove(link, out _);

    public void Enqueue(GatewayLink link, in Delivery item, RemoteConnection? connection)
    {
        if (_isLost) return;
        _queue.Enqueue((link, item, connection));
        Pump();
    }

    public void Enqueue(RoomGateway room, in RoomNewsItem item)
    {
        if (_isLost) return;
        _rooms.Enqueue((room, item));
        Pump();
    }

    public void Dispose() => _heartbeat.Dispose();

    private void Beat()
    {
        Volatile.Write(ref _beatWanted, 1);
        Pump();
    }

    private void Pump()
    {
        if (Interlocked.Exchange(ref _pumping, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(static outbox => _ = outbox.PumpAsync(), this, preferLocal: false);
    }

    private async Task PumpAsync()
    {
        try
        {
            await DrainAsync();
        }
        catch (Exception e)
        {
            // A bug of ours. Nothing would ever leave again, so better be lost as a whole: the gateway syncs.
            _log.PumpFailed(e);
            Lose();
        }
    }

    private async Task DrainAsync()
    {
        while (!_isLost)
        {
            while (!_isLost && HasWork) await SendAsync();
            Interlocked.Exchange(ref _pumping, 0); // a full fence: whoever enqueues now either sees it, or is seen below
            if (!HasWork || Interlocked.Exchange(ref _pumping, 1) != 0) return;
        }
    }

    private async Task SendAsync()
    {
        Volatile.Write(ref _beatWanted, 0);
        var (rooms, told) = GatherRooms();
        var (batch, sent) = Gather(rooms);
        var began = _time.GetTimestamp();
        for (var failed = 1; ; failed++)
        {
            try
            {
                var reply = await _gateway.Observer.Deliver(batch).WaitAsync(_options.CallTimeout, _time);
                foreach (var (connection, bytes) in sent) connection.Delivered(bytes);
                foreach (var (room, bytes) in told) room.Delivered(bytes);
                foreach (var (user, id) in reply.Full)
                    sent.Find(item => item.Connection.Id == id && item.Connection.Link.User == user).Connection?.Block();
                return;
            }
            catch (Exception)
            {
                // What was sent before this was taken up to an interval ago. Time in which this process stood still must not count against the
                // gateway: it has a second try at least.
                if (failed > 1 && _time.GetElapsedTime(began) >= _options.Lease - _options.SyncInterval)
                {
                    Lose();
                    return;
                }

                await Task.Delay(_options.RetryDelay, _time);
            }
        }
    }

    private (DeliveryBatch Batch, List<(RemoteConnection Connection, int Bytes)> Sent) Gather(RoomDelivery[] rooms)
    {
        var users = new Dictionary<GatewayLink, List<Delivery>>();
        var sent = new List<(RemoteConnection, int)>();
        var (items, bytes) = (0, 0);
        while (items < BatchItems && bytes < BatchBytes && _queue.TryDequeue(out var next))
        {
            if (!users.TryGetValue(next.Link, out var list)) users.Add(next.Link, list = []);
            list.Add(next.Item);
            items++;
            var length = next.Item.Frame?.Length ?? 0;
            bytes += length;
            if (next.Connection is { } connection) sent.Add((connection, length));
        }

        return (new(_silo, _birth, ++_number, [.. users.Select(static user => new UserDelivery(user.Key.User, user.Key.Epoch, [.. user.Value]))], rooms), sent);
    }

    private (RoomDelivery[] Rooms, List<(RoomGateway Room, int Bytes)> Told) GatherRooms()
    {
        var rooms = new Dictionary<RoomGateway, List<RoomNewsItem>>();
        var told = new List<(RoomGateway, int)>();
        var bytes = 0;
        while (told.Count < BatchItems && bytes < BatchBytes && _rooms.TryDequeue(out var next))
        {
            if (!rooms.TryGetValue(next.Room, out var list)) rooms.Add(next.Room, list = []);
            list.Add(next.Item);
            told.Add((next.Room, next.Item.Length));
            bytes += next.Item.Length;
        }

        return ([.. rooms.Select(static room => new RoomDelivery(room.Key.Room, room.Key.Link, room.Key.Epoch, [.. room.Value]))], told);
    }

    private void Lose()
    {
        _isLost = true;
        _heartbeat.Dispose();
        _log.GatewayLost(Id);
        _lost(this);
        _queue.Clear();
        _rooms.Clear();
        foreach (var (link, _) in _links) link.GatewayLost();
    }
}

/// <summary>Something of a silo that has to do with one gateway.</summary>
internal interface IGatewayPart
{
    /// <summary>The gateway is lost. Called from any thread.</summary>
    void GatewayLost();
}
