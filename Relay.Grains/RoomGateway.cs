using Relay.Core.Rooms;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A room's port to one gateway that is in.</summary>
/// <param name="outbox">The silo's way to the gateway.</param>
/// <param name="room">The room, as an actor's key.</param>
/// <param name="link">The gateway's entry.</param>
/// <param name="epoch">The room's life.</param>
/// <param name="window">Bytes of messages that may be on their way. A gateway that does not take more has to enter again, and gets what is kept.</param>
/// <param name="lost">What to do when the gateway is lost; from any thread.</param>
internal sealed class RoomGateway(GatewayOutbox outbox, string room, long link, string epoch, long window, Action<RoomGateway> lost) : IRoomGateway, IDelivered
{
    private long _onTheWay;
    private bool _moved;

    public string Id => outbox.Id;

    public string Room => room;

    public long Link => link;

    public string Epoch => epoch;

    /// <summary>The last batch taken. Grain's turns only.</summary>
    public long LastBatch { get; set; }

    public void Send(in RoomNews news)
    {
        if (_moved) return;
        var item = RoomNewsItem.Of(news);
        if (item.Weight > 0 && Interlocked.Add(ref _onTheWay, item.Weight) > window) item = RoomNewsItem.Of(new RoomNews(RoomNewsKind.Moved, news.Offset));
        _moved = item.Kind == RoomNewsKind.Moved;
        outbox.Enqueue(this, item);
    }

    /// <summary>The gateway has taken it.</summary>
    public void Delivered(int bytes) => Interlocked.Add(ref _onTheWay, -bytes);

    public void GatewayLost() => lost(this);

    public void End() => outbox.Remove(this);
}
