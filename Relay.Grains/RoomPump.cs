using System.Collections.Concurrent;
using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// All that a gateway tells one room, in batches of which one is on its way at a time. A batch is sent again until the room has taken it; when
/// the room was lost meanwhile, nobody knows whether it was passed on, and it is not sent twice.
/// </summary>
/// <remarks>Bounded by what fills it: connections' credit for messages, connections for the rest.</remarks>
internal sealed class RoomPump(ClusterRooms rooms, ClusterRoom room)
{
    private const int BatchItems = 512;
    private const int BatchBytes = 256 * 1024;

    private readonly ConcurrentQueue<Entry> _queue = new();
    private List<Entry>? _held;
    private long _link;
    private long _batch;
    private long _endOf;
    private int _pumping;
    private int _members;
    private volatile string _silo = "";
    private volatile bool _enter;
    private volatile bool _ends;

    /// <summary>Where the room's grain was last heard of.</summary>
    public string Silo => _silo;

    /// <summary>The gateway's members now.</summary>
    public int Members
    {
        get => Volatile.Read(ref _members);
        set => Volatile.Write(ref _members, value);
    }

    private bool HasWork => _ends || _enter || _held is not null || !_queue.IsEmpty;

    public void Tell(RoomTelling item, Action? told = null) => Add(new(item, told, null, default));

    public void Tell(RoomTelling message, IRoomConnection sender, Credit credit) => Add(new(message, null, sender, credit));

    /// <summary>The gateway is not in, or not any more.</summary>
    public void Enter()
    {
        _enter = true;
        Start();
    }

    /// <summary>Nobody is there any more: the last call.</summary>
    public void End(long link)
    {
        Volatile.Write(ref _endOf, link);
        _ends = true;
        Start();
    }

    private void Add(in Entry entry)
    {
        _queue.Enqueue(entry);
        Start();
    }

    private void Start()
    {
        if (Interlocked.Exchange(ref _pumping, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(static pump => _ = pump.RunAsync(), this, preferLocal: false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (!rooms.Runtime.IsOver)
            {
                while (HasWork && !rooms.Runtime.IsOver) await StepAsync();
                Interlocked.Exchange(ref _pumping, 0); // a full fence: whoever adds now either sees it, or is seen below
                if (!HasWork || Interlocked.Exchange(ref _pumping, 1) != 0) return;
            }
        }
        catch (Exception e)
        {
            // A bug of ours; better to begin again than to stand still for ever.
            rooms.TurnFault(e);
            Interlocked.Exchange(ref _pumping, 0);
            room.EnterAgain();
        }
    }

    private Task StepAsync() =>
        _enter && !_ends ? EnterAsync()
        : _held is not null || !_queue.IsEmpty ? SendAsync()
        : EndAsync();

    private async Task EnterAsync()
    {
        _enter = false;
        var answer = new TaskCompletionSource<RoomEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        room.Post(ClusterRoomInput.Entering(answer));
        var entry = await answer.Task;
        try
        {
            var reply = await rooms.Grain(room.Key).Enter(rooms.Runtime.Gateway, entry).WaitAsync(rooms.Runtime.Options.CallTimeout, rooms.Runtime.Time);
            (_link, _batch, _silo) = (entry.Link, 0, reply.Silo);
            if (reply.Error is not null) room.Post(ClusterRoomInput.Refused());
        }
        catch (Exception e)
        {
            rooms.Runtime.Log.RoomUnreachable(room.Key, e.Message);
            _enter = true;
            await Task.Delay(rooms.Runtime.Options.RetryDelay, rooms.Runtime.Time);
        }
    }

    private async Task SendAsync()
    {
        var batch = _held ?? Gather();
        _held = null;
        var items = batch.Select(static entry => entry.Item).ToArray();
        var number = ++_batch;
        for (var failed = 0; !rooms.Runtime.IsOver; failed++)
        {
            try
            {
                if (await rooms.Grain(room.Key).Accept(rooms.Runtime.Gateway.Id, _link, number, Members, items).WaitAsync(rooms.Runtime.Options.CallTimeout, rooms.Runtime.Time))
                    Settle(batch);
                else
                    NotIn(batch, mayBeTaken: failed > 0);
                return;
            }
            catch (Exception e)
            {
                rooms.Runtime.Log.RoomUnreachable(room.Key, e.Message);
                await Task.Delay(rooms.Runtime.Options.RetryDelay, rooms.Runtime.Time);
            }
        }
    }

    // The room began anew, or has let this gateway go. What it had surely not taken goes to it behind the entry.
    private void NotIn(List<Entry> batch, bool mayBeTaken)
    {
        var given = mayBeTaken || _ends ? batch.Where(static entry => entry.Item.Kind == RoomTellingKind.Message).ToList() : [];
        Interlocked.Add(ref rooms.Counters.LostValue, given.Count);
        Settle(given);
        if (_ends)
        {
            Settle([.. batch.Except(given)]);
            return;
        }

        _held = given.Count == 0 ? batch : [.. batch.Where(static entry => entry.Item.Kind != RoomTellingKind.Message)];
        _enter = true;
    }

    private async Task EndAsync()
    {
        if (!_ends) return;
        try
        {
            await rooms.Grain(room.Key).Leave(rooms.Runtime.Gateway.Id, Volatile.Read(ref _endOf)).WaitAsync(rooms.Runtime.Options.CallTimeout, rooms.Runtime.Time);
            _ends = _enter = false;
        }
        catch (Exception e)
        {
            rooms.Runtime.Log.RoomUnreachable(room.Key, e.Message);
            await Task.Delay(rooms.Runtime.Options.RetryDelay, rooms.Runtime.Time);
        }
    }

    private List<Entry> Gather()
    {
        var batch = new List<Entry>();
        var bytes = 0;
        while (batch.Count < BatchItems && bytes < BatchBytes && _queue.TryDequeue(out var next))
        {
            batch.Add(next);
            bytes += next.Item.Frame.Length;
        }

        return batch;
    }

    private static void Settle(List<Entry> batch)
    {
        foreach (var entry in batch)
        {
            entry.Sender?.Return(entry.Credit);
            entry.Told?.Invoke();
        }
    }

    private readonly record struct Entry(RoomTelling Item, Action? Told, IRoomConnection? Sender, Credit Credit);
}
