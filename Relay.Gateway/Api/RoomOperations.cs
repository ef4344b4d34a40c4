using System.Net.Http.Headers;
using System.Text.Unicode;
using Relay.Core;
using Relay.Gateway.Auth;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>A tenant's rooms, to look at and to publish to.</summary>
internal static class RoomOperations
{
    private const string Rooms = "/api/v1/rooms";

    private static readonly ApiFault NoRoom = new(StatusCodes.Status404NotFound, "room_not_found", "There is no such room now.");
    private static readonly ApiFault NoPresence = new(StatusCodes.Status409Conflict, "presence_off", "The room does not show its members; see rooms.patterns.");
    private static readonly ApiFault TooBig = new(StatusCodes.Status413PayloadTooLarge, "message_too_big", "The message is over rooms.max_message_bytes.");
    private static readonly ApiFault NoText = new(StatusCodes.Status400BadRequest, "invalid_utf8", "The message is not UTF-8; give binary ones as application/octet-stream.");
    private static readonly ApiFault NoPlace = new(StatusCodes.Status429TooManyRequests, "too_many_rooms", "The tenant has rooms.max_rooms rooms, and this one is not among them.");

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("listRooms", HttpMethods.Get, Rooms, Access.Observe, "Lists rooms, with the number of their members.", ListAsync)
        {
            Job = TenantJobs.Rooms,
            IsPaged = true,
            Answer = new("""{"total":1,"rooms":[{"room":"chat-1","members":1}],"next":null}""", RoomListingJson.Default.RoomListing),
        },
        new("listRoomMembers", HttpMethods.Get, Rooms + "/{room}/members", Access.Observe, "Lists the members of a room that shows them.", ListMembersAsync)
        {
            Job = TenantJobs.Rooms,
            IsPaged = true,
            Answer = new("""{"total":1,"members":[{"connection_id":"kM3x","user_id":"alice"}],"next":null}""", RoomListingJson.Default.MemberListing),
            Faults = [NoRoom, NoPresence],
        },
        new("publishToRoom", HttpMethods.Post, Rooms + "/{room}/messages", Access.Publish, "Sends a message, text or binary, to all members of a room.", PublishAsync)
        {
            Job = TenantJobs.Rooms,
            Body = new(new("hello", null, "text/plain"), static settings => settings.Rooms.MaxMessageBytes, TooBig),
            Answer = new("""{"members":1}""", RoomListingJson.Default.Published),
            Faults = [NoText, NoPlace],
        },
    ];

    private static async Task ListAsync(ApiCall call) =>
        await call.AnswerAsync(RoomListing.Of(await call.Runtime.Rooms.ListAsync(call.Tenant, call.Page.After, call.Page.Probe), call.Page), RoomListingJson.Default.RoomListing);

    private static async Task ListMembersAsync(ApiCall call) => await (await call.Runtime.Rooms.ListMembersAsync(Room(call), call.Page.After, call.Page.Probe) switch
    {
        null => call.RefuseAsync(NoRoom),
        { Members: null } => call.RefuseAsync(NoPresence),
        { Members: { } members, Total: var total } => call.AnswerAsync(MemberListing.Of(total, members, call.Page), RoomListingJson.Default.MemberListing),
    });

    private static async Task PublishAsync(ApiCall call)
    {
        var isText = !IsBinary(call.Http.Request);
        if (isText && !Utf8.IsValid(call.Body)) await call.RefuseAsync(NoText);
        else if (await call.Runtime.Rooms.PublishAsync(Room(call), new(call.Body, isText)) is { } members) await call.AnswerAsync(new(members), RoomListingJson.Default.Published);
        else await call.RefuseAsync(NoPlace);
    }

    private static RoomKey Room(ApiCall call) => new(call.Tenant, call["room"]);

    private static bool IsBinary(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && "application/octet-stream".Equals(type.MediaType, StringComparison.OrdinalIgnoreCase);
}
