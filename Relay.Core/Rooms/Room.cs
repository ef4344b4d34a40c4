using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Rooms;

/// <summary>
/// A room whose members are all here: every message goes to all of them in one order. Its effects are what it gives to their connections;
/// whoever runs its turns calls <see cref="RoomMembers.Deliver"/> when a batch of them is over.
/// </summary>
/// <param name="key">Which room.</param>
/// <param name="policy">What it does beyond passing messages on.</param>
/// <param name="epoch">This life of the room; never used before.</param>
public sealed class Room(RoomKey key, RoomPolicy policy, string epoch)
{
    private readonly RoomLog? _log = policy.KeepsHistory ? new(policy, epoch) : null;

    /// <summary>Which room.</summary>
    public RoomKey Key => key;

    /// <summary>What it does beyond passing messages on.</summary>
    public RoomPolicy Policy => policy;

    /// <summary>The members.</summary>
    public RoomMembers Members { get; } = new();

    /// <summary>Whether nothing would be lost with it.</summary>
    public bool IsIdle => Members.Count == 0 && _log is null or { IsEmpty: true };

    /// <summary>Whether there is no place for another member.</summary>
    public bool IsFull => policy.MaxMembers > 0 && Members.Count >= policy.MaxMembers;

    /// <summary>Adds a member, and gives it what it missed.</summary>
    /// <param name="member">The member.</param>
    /// <param name="since">The last that it has seen, when it comes back.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>Whether it got what it missed; null when it did not ask.</returns>
    public bool? Join(RoomMember member, RoomPosition? since, Turn turn)
    {
        if (policy.Presence) Members.Append(new(default, RoomEvents.Presence(true, member.Info, Members.Count + 1)));
        Members.Add(member);
        if (!member.WantsEvents) return null;
        var missed = since is { } position ? _log?.Since(position, turn) : null;
        bool? recovered = since is null ? null : missed is not null;
        member.Connection.Push(RoomEvents.Joined(key.Name, member.Connection.Id, _log?.Position, recovered, policy.Presence ? Members.Count : null));
        foreach (var frame in missed ?? []) member.Connection.Push(frame);
        return recovered;
    }

    /// <summary>Removes a member.</summary>
    /// <param name="member">The member.</param>
    /// <returns>False when it is none.</returns>
    public bool Leave(RoomMember member)
    {
        if (!Members.Remove(member)) return false;
        if (policy.Presence) Members.Append(new(default, RoomEvents.Presence(false, member.Info, Members.Count)));
        return true;
    }

    /// <summary>Passes a message on.</summary>
    /// <param name="sender">The member that sent it, or null when it came from a back end.</param>
    /// <param name="message">The message.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>False when the sender may not send; then it is closed.</returns>
    public bool Publish(RoomMember? sender, Frame message, Turn turn)
    {
        if (sender is not null && policy.ReceiveOnly)
        {
            sender.Connection.Close(ErrorCode.ReceiveOnly);
            return false;
        }

        RoomPosition? position = null;
        Frame made = default;
        if (_log is not null)
        {
            made = _log.Add(message, turn, out var at);
            position = at;
        }
        else if (Members.Listeners > 0)
        {
            made = RoomEvents.Message(null, message);
        }

        var except = policy.Echo ? null : sender;
        Members.Append(new(message, made, except, except is { WantsEvents: true } && position is { } place ? RoomEvents.Sent(place) : default));
        return true;
    }

    /// <summary>Time has passed.</summary>
    /// <param name="turn">The turn.</param>
    public void Sweep(Turn turn) => _log?.Trim(turn);
}
