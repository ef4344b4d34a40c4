using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Runtime;

namespace Relay.Gateway.Connections;

/// <summary>
/// What waits to be sent on one connection: filled from any thread, emptied by the one that holds the send loop. Bounded in bytes:
/// pushes overflow it, answers wait for room before they are made (DESIGN rule 6).
/// </summary>
internal sealed class Outbox(int limit)
{
    /// <summary>What a frame counts beside its bytes: about what it costs to keep it, without which many small ones would cost far more than the bound.</summary>
    public const int ItemBytes = 64;

    private Item? _newest;
    private Item? _oldest;
    private long _bytes;
    private List<IRoomWaiter>? _waiters;
    private volatile bool _awaited;
    private volatile bool _closed;

    /// <summary>Bytes that have not left yet, with <see cref="ItemBytes"/> for each frame, those of the flush under way included.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public bool HasRoom => _closed || Interlocked.Read(ref _bytes) < limit;

    public bool IsEmpty => _oldest is null && Volatile.Read(ref _newest) is null;

    /// <summary>Whether a push of this length would overflow. A frame larger than the outbox may pass when nothing else waits.</summary>
    public bool WouldOverflow(int length) => Interlocked.Read(ref _bytes) is var bytes && bytes > 0 && bytes + length + ItemBytes > limit;

    /// <summary>Send loop only: bytes that do not wait here, but have not left yet.</summary>
    public void Passing(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Add(Frame frame, Credit credit)
    {
        Interlocked.Add(ref _bytes, frame.Length + ItemBytes);
        var item = Item.Rent(frame, credit);
        while (true)
        {
            var newest = Volatile.Read(ref _newest);
            item.Next = newest;
            if (Interlocked.CompareExchange(ref _newest, item, newest) == newest) return;
        }
    }

    /// <summary>Send loop only: the next frame in order.</summary>
    public bool TryTake(out Frame frame, out Credit credit)
    {
        var item = _oldest ?? TakeAll();
        if (item is null)
        {
            (frame, credit) = (default, default);
            return false;
        }

        _oldest = item.Next;
        (frame, credit) = (item.Frame, item.Credit);
        Item.Return(item);
        return true;
    }

    /// <summary>Send loop only: bytes have left, with <see cref="ItemBytes"/> for each frame that was taken.</summary>
    public void Left(int bytes, IHubConnection? connection)
    {
        Interlocked.Add(ref _bytes, -bytes);
        if (_awaited && HasRoom) TellWaiters(connection);
    }

    /// <summary>Asks to be told of room. False: there is room.</summary>
    public bool WhenRoom(IRoomWaiter waiter)
    {
        lock (this)
        {
            _awaited = true;
            Interlocked.MemoryBarrier();
            if (HasRoom) return false;
            var waiters = _waiters ??= [];
            if (!waiters.Contains(waiter)) waiters.Add(waiter);
            return true;
        }
    }

    /// <summary>Nothing is kept any more; whoever waits for room is let go.</summary>
    public void Close(IHubConnection? connection)
    {
        _closed = true;
        TellWaiters(connection);
    }

    private void TellWaiters(IHubConnection? connection)
    {
        List<IRoomWaiter>? waiters;
        lock (this)
        {
            _awaited = false;
            (waiters, _waiters) = (_waiters, null);
        }

        if (connection is null || waiters is null) return;

        // Whoever is told may have plugin code to run. Not here: this thread holds the connection's send loop.
        using var scope = TurnScope.EnterWithoutPlugins();
        foreach (var waiter in waiters) waiter.RoomAgain(connection);
    }

    private Item? TakeAll()
    {
        if (Volatile.Read(ref _newest) is null) return null;
        var item = Interlocked.Exchange(ref _newest, null);
        Item? oldest = null;
        while (item is not null)
        {
            var next = item.Next;
            item.Next = oldest;
            oldest = item;
            item = next;
        }

        return oldest;
    }

    private sealed class Item
    {
        private const int MaxSpares = 1024;

        [ThreadStatic]
        private static Item? _spare;
        [ThreadStatic]
        private static int _spares;

        internal Frame Frame;
        internal Credit Credit;
        internal Item? Next;

        internal static Item Rent(Frame frame, Credit credit)
        {
            var item = _spare;
            if (item is null) return new() { Frame = frame, Credit = credit };
            _spare = item.Next;
            _spares--;
            (item.Frame, item.Credit) = (frame, credit);
            return item;
        }

        internal static void Return(Item item)
        {
            item.Frame = default;
            item.Next = null;
            if (_spares >= MaxSpares) return;
            item.Next = _spare;
            _spare = item;
            _spares++;
        }
    }
}
