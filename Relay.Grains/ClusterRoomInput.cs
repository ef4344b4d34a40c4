using Relay.Core.Protocol;
using Relay.Core.Rooms;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>What a turn of a gateway's part of a room is given.</summary>
internal readonly struct ClusterRoomInput
{
    private ClusterRoomInput(Kinds kind, object? target = null, Frame frame = default, Credit credit = default) => (Kind, Target, Frame, Credit) = (kind, target, frame, credit);

    internal enum Kinds
    {
        Flush,
        Join,
        Leave,
        Publish,
        Hear,
        Entering,
        Refused,
        Lost,
    }

    internal Kinds Kind { get; }

    internal object? Target { get; }

    internal Frame Frame { get; }

    internal Credit Credit { get; }

    internal static ClusterRoomInput Flush() => new(Kinds.Flush);

    internal static ClusterRoomInput Join(ClusterRoomJoin join) => new(Kinds.Join, join);

    internal static ClusterRoomInput Leave(RoomMember member) => new(Kinds.Leave, member);

    internal static ClusterRoomInput Publish(RoomMember sender, Frame message, Credit credit) => new(Kinds.Publish, sender, message, credit);

    internal static ClusterRoomInput Hear(RoomDelivery delivery) => new(Kinds.Hear, delivery);

    internal static ClusterRoomInput Entering(TaskCompletionSource<RoomEntry> answer) => new(Kinds.Entering, answer);

    internal static ClusterRoomInput Refused() => new(Kinds.Refused);

    internal static ClusterRoomInput Lost() => new(Kinds.Lost);
}

/// <summary>A join on its way.</summary>
internal sealed class ClusterRoomJoin(RoomMember member, RoomPosition? since)
{
    public RoomMember Member => member;

    public RoomPosition? Since => since;

    public TaskCompletionSource<ClusterRoomAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What became of a join.</summary>
/// <param name="Link">The link of a member.</param>
/// <param name="Error">Why there is none; without both, the part of the room has ended, and another must be found.</param>
internal readonly record struct ClusterRoomAnswer(RoomLink? Link, ErrorCode? Error)
{
    public bool IsOver => Link is null && Error is null;

    public bool IsRefused => Error is not null;
}
