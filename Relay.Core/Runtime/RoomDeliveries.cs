using Relay.Core.Rooms;

namespace Relay.Core.Runtime;

/// <summary>
/// What a room's turns have to send goes to each member once for all turns of the batch that runs on this thread. It goes in a turn of its own, because the
/// members belong to turns.
/// </summary>
/// <param name="members">The room's members.</param>
/// <param name="counters">Counts what was delivered.</param>
/// <param name="room">The room's host: its flush is to post the turn that calls <see cref="Deliver"/>.</param>
internal sealed class RoomDeliveries(RoomMembers members, RoomCounters counters, IFlushable room)
{
    private long _counted;
    private bool _deferred;

    /// <summary>A turn is over.</summary>
    public void AfterTurn()
    {
        if (members.IsPending && !_deferred)
        {
            if (TurnScope.DeferFlush(room)) _deferred = true;
            else members.Deliver();
        }

        Count();
    }

    /// <summary>The batch is over.</summary>
    public void Deliver()
    {
        _deferred = false;
        members.Deliver();
        Count();
    }

    // Also those that did not wait for the end of the batch.
    private void Count()
    {
        var counted = _counted;
        _counted = members.Deliveries;
        if (_counted != counted) Interlocked.Add(ref counters.DeliveriesValue, _counted - counted);
    }
}
