using System.Text.Json.Serialization;
using Relay.Core.Rooms;
using Relay.Core.Runtime;

namespace Relay.Gateway.Api;

/// <summary>The answer of <c>GET /api/v1/rooms</c>.</summary>
/// <param name="Total">Rooms of the tenant.</param>
/// <param name="Rooms">The rooms asked for, in the order of their names.</param>
/// <param name="Next">What to give as <c>after</c> for the next part, or null at the end.</param>
internal sealed record RoomListing(int Total, IReadOnlyList<RoomView> Rooms, string? Next)
{
    public static RoomListing Of(RoomPage found, Page page)
    {
        var (rooms, next) = page.Cut(found.Rooms, static room => new RoomView(room.Name, room.Members), static room => room.Room);
        return new(found.Total, rooms, next);
    }
}

/// <summary>A room.</summary>
internal sealed record RoomView(string Room, int Members);

/// <summary>The answer of <c>GET /api/v1/rooms/{room}/members</c>.</summary>
/// <param name="Total">Members of the room.</param>
/// <param name="Members">The members asked for, in the order of their connections' ids.</param>
/// <param name="Next">What to give as <c>after</c> for the next part, or null at the end.</param>
internal sealed record MemberListing(int Total, IReadOnlyList<MemberView> Members, string? Next)
{
    public static MemberListing Of(int total, IReadOnlyList<RoomMemberInfo> found, Page page)
    {
        var (members, next) = page.Cut(
            found, static member => new MemberView(member.ConnectionId, member.UserId.Length == 0 ? null : member.UserId), static member => member.ConnectionId);
        return new(total, members, next);
    }
}

/// <summary>A member of a room.</summary>
internal sealed record MemberView(string ConnectionId, string? UserId);

/// <summary>The answer of <c>POST /api/v1/rooms/{room}/messages</c>.</summary>
/// <param name="Members">Members of the room.</param>
internal sealed record Published(int Members);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RoomListing))]
[JsonSerializable(typeof(MemberListing))]
[JsonSerializable(typeof(Published))]
internal sealed partial class RoomListingJson : JsonSerializerContext;
