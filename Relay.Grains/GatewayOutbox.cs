using System.Collections.Concurrent;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// All that the hubs of a silo send to one gateway, in batches of which one is on its way at a time: while it is, the next gathers. A batch
/// is sent again until the gateway has taken it, or could not be reached for the length of a lease, and then its connections are gone.
/// </summary>
/// <remarks>Bounded by what fills it: connections' credit for answers, <see cref="RemoteConnection"/>'s window for pushes and streams, <see cref="RoomGateway"/>'s for messages, members for what they missed.</remarks>
internal sealed class GatewayOutbox : IDisposable
{
    private const int BatchItems = 1024;
    private const int BatchBytes = 512 * 1024;

    private readonly ConcurrentQueue<Outgoing> _queue = new();
    private readonly ConcurrentQueue<(RoomGateway Room, RoomNewsItem Item)> _news = new();
    private readonly ConcurrentDictionary<string, RemoteGatewayLink> _links = new();
    private readonly ConcurrentDictionary<RoomGateway, bool> _rooms = new();
    private readonly ConcurrentQueue<string> _gone = new();
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
    private volatile bool _isSilent;

    public GatewayOutbox(GatewayRef gateway, string silo, long birth, ClusterOptions options, TimeProvider time, ClusterLog log, Action<GatewayOutbox> lost)
    {
        (_gateway, _silo, _birth, _options, _time, _log, _lost) = (gateway, silo, birth, options, time, log, lost);
        _heartbeat = time.CreateTimer(static state => ((GatewayOutbox)state!).Beat(), this, options.SyncInterval, options.SyncInterval);
    }

    public string Id => _gateway.Id;

    public bool IsLost => _isLost;

    private bool HasWork => !_queue.IsEmpty || !_news.IsEmpty || Volatile.Read(ref _beatWanted) != 0;

    public void Add(RoomGateway room)
    {
        _rooms.TryAdd(room, true);
        if (_isLost) room.GatewayLost();
    }

    public void Remove(RoomGateway room) => _rooms.TryRemove(room, out _);

    public void Add(RemoteGatewayLink link)
    {
        _links[link.User] = link;
        if (_isLost) link.GatewayLost();
    }

    public void Remove(RemoteGatewayLink link) => _links.TryRemove(new(link.User, link));

    /// <summary>The link to a user's hub on this silo.</summary>
    public RemoteGatewayLink? Find(string user) => _links.GetValueOrDefault(user);

    public void Enqueue(RemoteGatewayLink link, in Delivery item, IDelivered? delivered)
    {
        if (_isLost) return;
        _queue.Enqueue(new(link, item, delivered));
        Pump();
    }

    /// <summary>A silo has been declared dead: a gateway that is no silo learns of it by nobody else.</summary>
    public void Gone(string silo)
    {
        if (_isLost) return;
        _gone.Enqueue(silo);
        Beat();
    }

    /// <summary>Ends when all that was enqueued so far has arrived, or the gateway does not answer: who leaves waits for none that may be gone.</summary>
    public Task FlushAsync()
    {
        var flush = new Flush();
        _queue.Enqueue(new(null, default, flush));
        Pump();
        // Otherwise whoever finds the gateway silent sees what was enqueued.
        if (_isSilent) flush.Delivered(0);
        return flush.Task;
    }

    public void Enqueue(RoomGateway room, in RoomNewsItem item)
    {
        if (_isLost) return;
        _news.Enqueue((room, item));
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
        var (batch, sent) = Gather();
        var began = _time.GetTimestamp();
        for (var failed = 1; ; failed++)
        {
            try
            {
                var reply = await _gateway.Observer.Deliver(batch).WaitAsync(_options.CallTimeout, _time);
                _isSilent = false;
                foreach (var (delivered, bytes) in sent) delivered.Delivered(bytes);
                foreach (var (user, id) in reply.Full)
                    sent.Select(static item => item.Delivered).OfType<RemoteConnection>().FirstOrDefault(connection => connection.Id == id && connection.Link.User == user)?.Block();
                return;
            }
            catch (Exception)
            {
                _isSilent = true;
                foreach (var flush in sent.Select(static item => item.Delivered).Concat(_queue.Select(static item => item.Delivered)).OfType<Flush>()) flush.Delivered(0);
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

    private (DeliveryBatch Batch, List<(IDelivered Delivered, int Bytes)> Sent) Gather()
    {
        var users = new Dictionary<RemoteGatewayLink, List<Delivery>>();
        var sent = new List<(IDelivered, int)>();
        var (items, bytes) = (0, 0);
        while (items < BatchItems && bytes < BatchBytes && _queue.TryDequeue(out var next))
        {
            if (next.Link is null)
            {
                sent.Add((next.Delivered!, 0));
                continue;
            }

            if (!users.TryGetValue(next.Link, out var list)) users.Add(next.Link, list = []);
            list.Add(next.Item);
            items++;
            var length = next.Item.Frame?.Length ?? 0;
            bytes += length;
            if (next.Delivered is { } delivered) sent.Add((delivered, length));
        }

        var gone = new List<string>();
        while (_gone.TryDequeue(out var silo)) gone.Add(silo);
        return (new(_silo, _birth, ++_number, [.. users.Select(static user => new UserDelivery(user.Key.User, user.Key.Epoch, [.. user.Value]))], [.. gone], GatherRooms(sent)), sent);
    }

    private RoomDelivery[] GatherRooms(List<(IDelivered Delivered, int Bytes)> sent)
    {
        var rooms = new Dictionary<RoomGateway, List<RoomNewsItem>>();
        var (items, bytes) = (0, 0);
        while (items++ < BatchItems && bytes < BatchBytes && _news.TryDequeue(out var next))
        {
            if (!rooms.TryGetValue(next.Room, out var list)) rooms.Add(next.Room, list = []);
            list.Add(next.Item);
            sent.Add((next.Room, next.Item.Weight));
            bytes += next.Item.Length;
        }

        return [.. rooms.Select(static room => new RoomDelivery(room.Key.Room, room.Key.Link, room.Key.Epoch, [.. room.Value]))];
    }

    private void Lose()
    {
        (_isLost, _isSilent) = (true, true);
        _heartbeat.Dispose();
        _log.GatewayLost(Id);
        _lost(this);
        while (_queue.TryDequeue(out var dropped)) (dropped.Delivered as Flush)?.Delivered(0);
        _news.Clear();
        foreach (var (_, link) in _links) link.GatewayLost();
        foreach (var (room, _) in _rooms) room.GatewayLost();
    }

    /// <summary>What is to be sent; without a link it is only somebody who waits until it is its turn.</summary>
    private readonly record struct Outgoing(RemoteGatewayLink? Link, Delivery Item, IDelivered? Delivered);

    private sealed class Flush : IDelivered
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => _done.Task;

        public void Delivered(int bytes) => _done.TrySetResult();
    }
}

/// <summary>Wants to know when something that is on its way to a gateway has arrived.</summary>
internal interface IDelivered
{
    /// <summary>The gateway has taken so many bytes.</summary>
    void Delivered(int bytes);
}
