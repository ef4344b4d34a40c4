using Relay.Core.Protocol;
using Relay.Core.Rooms;

namespace Relay.Core.Runtime;

/// <summary>What a room's turn is given.</summary>
internal readonly struct RoomInput
{
    private RoomInput(Kinds kind, object? target = null, Frame frame = default, Credit credit = default) =>
        (Kind, Target, Frame, Credit) = (kind, target, frame, credit);

    internal enum Kinds
    {
        Deliver,
        Publish,
        PublishOutside,
        Join,
        Leave,
        Sweep,
        Query,
    }

    internal Kinds Kind { get; }

    internal object? Target { get; }

    internal Frame Frame { get; }

    internal Credit Credit { get; }

    internal static RoomInput Deliver() => new(Kinds.Deliver);

    internal static RoomInput Publish(RoomMember sender, Frame message, Credit credit) => new(Kinds.Publish, sender, message, credit);

    /// <summary>The answer is null when the room has ended meanwhile, and another must be found.</summary>
    internal static RoomInput PublishOutside(Frame message, TaskCompletionSource<int?> answer) => new(Kinds.PublishOutside, answer, message);

    internal static RoomInput Join(LocalRoomJoin join) => new(Kinds.Join, join);

    internal static RoomInput Leave(RoomMember member) => new(Kinds.Leave, member);

    internal static RoomInput Sweep() => new(Kinds.Sweep);

    internal static RoomInput Query(Action<Room> query) => new(Kinds.Query, query);
}

/// <summary>A join on its way. The answer is null when the room has ended meanwhile, and another must be found.</summary>
internal sealed record LocalRoomJoin(RoomMember Member, RoomPosition? Since, TaskCompletionSource<RoomJoinResult?> Answer);
