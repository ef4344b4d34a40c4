using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;

namespace Relay.Core.Plugins;

/// <summary>
/// The messages that wait for a plugin: first in, first out, but those of a connection whose outbox is full step aside in their
/// order, so that a client that does not read delays only itself.
/// </summary>
internal sealed class PendingMessages(InboxLimits limits, IRoomWaiter waiter)
{
    private readonly LinkedList<Entry> _queue = new();
    private readonly Queue<Lane> _resumed = new();
    private Dictionary<IHubConnection, Lane>? _parked;
    private int _count;
    private long _bytes;

    internal int Count => _count;

    /// <summary>Adds a message.</summary>
    /// <returns>How many messages of closed connections had to be dropped for it.</returns>
    internal int Add(IHubConnection connection, in ClientEnvelope message)
    {
        _queue.AddLast(new Entry(connection, message));
        _count++;
        _bytes += message.Frame.Length;
        var dropped = 0;
        while ((_count > limits.MaxMessages || _bytes > limits.MaxBytes) && DropOldestOrphan()) dropped++;
        return dropped;
    }

    /// <summary>Takes the next message whose connection has room for the answer.</summary>
    internal bool TryTake(out Entry entry)
    {
        while (_resumed.TryPeek(out var lane))
        {
            if (lane.Messages.Count > 0 && !HasRoom(lane.Connection))
            {
                _resumed.Dequeue();
                Parked[lane.Connection] = lane;
                continue;
            }

            if (lane.Messages.TryDequeue(out entry)) return Taken(entry);
            _resumed.Dequeue();
        }

        while (_queue.First is { } first)
        {
            _queue.RemoveFirst();
            entry = first.Value;
            if (_parked is { Count: > 0 } && _parked.TryGetValue(entry.Connection, out var lane))
            {
                lane.Messages.Enqueue(entry);
                continue;
            }

            if (HasRoom(entry.Connection)) return Taken(entry);
            lane = new Lane(entry.Connection);
            lane.Messages.Enqueue(entry);
            Parked.Add(entry.Connection, lane);
        }

        entry = default;
        return false;
    }

    /// <summary>A connection has room again, or is gone.</summary>
    internal void RoomAgain(IHubConnection connection)
    {
        if (_parked is not null && _parked.Remove(connection, out var lane)) _resumed.Enqueue(lane);
    }

    /// <summary>Takes everything, in no promised order between connections.</summary>
    internal List<Entry> TakeAll()
    {
        var all = new List<Entry>(_count);
        foreach (var lane in _resumed) all.AddRange(lane.Messages);
        foreach (var lane in _parked?.Values ?? (IEnumerable<Lane>)[]) all.AddRange(lane.Messages);
        all.AddRange(_queue);
        _resumed.Clear();
        _parked = null;
        _queue.Clear();
        (_count, _bytes) = (0, 0);
        return all;
    }

    private Dictionary<IHubConnection, Lane> Parked => _parked ??= [];

    // False: whoever asked will be told, and the messages step aside until then.
    private bool HasRoom(IHubConnection connection) => connection.HasRoom || !connection.WhenRoom(waiter);

    private bool Taken(in Entry entry)
    {
        _count--;
        _bytes -= entry.Message.Frame.Length;
        return true;
    }

    private bool Dropped(in Entry entry)
    {
        if (entry.Message.Span is { } span) RelayTrace.End(span, "dropped");
        return Taken(entry);
    }

    // Live connections cannot overfill the inbox, their credit sees to that: what is too much was left by closed ones.
    private bool DropOldestOrphan()
    {
        foreach (var lane in _resumed)
            if (lane.Connection.IsClosed && lane.Messages.TryDequeue(out var entry)) return Dropped(entry);
        for (var node = _queue.First; node is not null; node = node.Next)
        {
            if (!node.Value.Connection.IsClosed) continue;
            _queue.Remove(node);
            return Dropped(node.Value);
        }

        return false;
    }

    internal readonly record struct Entry(IHubConnection Connection, ClientEnvelope Message);

    private sealed record Lane(IHubConnection Connection)
    {
        internal Queue<Entry> Messages { get; } = new();
    }
}
