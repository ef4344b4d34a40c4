using Relay.Core.Protocol;

namespace Relay.Core.Rooms;

/// <summary>A room's order and what it keeps of it: bounded in messages, time and bytes.</summary>
/// <param name="policy">The bounds.</param>
/// <param name="epoch">This life of the room; never used before.</param>
public sealed class RoomLog(RoomPolicy policy, string epoch)
{
    private readonly Queue<(Frame Event, TimeSpan At)> _kept = new();
    private long _offset;
    private long _bytes;

    /// <summary>Where the room is.</summary>
    public RoomPosition Position => new(epoch, _offset);

    /// <summary>Whether nothing is kept.</summary>
    public bool IsEmpty => _kept.Count == 0;

    /// <summary>Gives a message its place and keeps it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="turn">The turn.</param>
    /// <param name="position">Its place.</param>
    /// <returns>The message as an event.</returns>
    public Frame Add(Frame message, Turn turn, out RoomPosition position)
    {
        _offset++;
        position = Position;
        var made = RoomEvents.Message(position, message);
        _kept.Enqueue((made, turn.Now));
        _bytes += made.Length;
        Trim(turn);
        return made;
    }

    /// <summary>Forgets what is beyond the bounds.</summary>
    /// <param name="turn">The turn.</param>
    public void Trim(Turn turn)
    {
        while (_kept.TryPeek(out var oldest)
            && (_kept.Count > policy.HistoryMessages || _bytes > policy.HistoryBytes || turn.Now - oldest.At >= policy.HistoryTime))
        {
            _kept.Dequeue();
            _bytes -= oldest.Event.Length;
        }
    }

    /// <summary>What came behind a position.</summary>
    /// <param name="since">The position.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>The events in order, or null when some of it is not kept any more, or the position is of another life.</returns>
    public IReadOnlyList<Frame>? Since(RoomPosition since, Turn turn)
    {
        Trim(turn);
        var missed = _offset - since.Offset;
        if (since.Epoch != epoch || missed < 0 || missed > _kept.Count) return null;
        return [.. _kept.Skip(_kept.Count - (int)missed).Select(static each => each.Event)];
    }
}
