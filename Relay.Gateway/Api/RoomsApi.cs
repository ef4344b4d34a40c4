using System.Net.Http.Headers;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Api;

/// <summary>
/// <c>GET /api/v1/rooms</c>, <c>GET /api/v1/rooms/{room}/members</c> and <c>POST /api/v1/rooms/{room}/messages</c>: a tenant's rooms, to look at
/// and to publish to. A tenant's own, under <c>/t/{tenant}</c>, are the same routes behind the path middleware.
/// </summary>
internal static class RoomsApi
{
    private const string Prefix = "/api/v1/rooms";

    public static void MapRoomsApi(this IEndpointRouteBuilder app)
    {
        app.MapGet(Prefix, ListAsync);
        app.MapGet(Prefix + "/{room}/members", ListMembersAsync);
        app.MapPost(Prefix + "/{room}/messages", PublishAsync);
    }

    private static async Task ListAsync(HttpContext context)
    {
        if (!await ApiRequest.BeginAsync(context, Access.Observe) || await ApiRequest.ReadPageAsync(context) is not { } page) return;
        var rooms = Rooms(context);
        // One more than asked for tells whether there is a next part.
        var found = await rooms.ListAsync(Admitted.Of(context).Tenant, page.After, page.Limit + 1);
        await context.Response.WriteAsJsonAsync(RoomListing.Of(found, page.Limit), RoomListingJson.Default.RoomListing, cancellationToken: context.RequestAborted);
    }

    private static async Task ListMembersAsync(HttpContext context)
    {
        if (!await ApiRequest.BeginAsync(context, Access.Observe) || await ApiRequest.ReadPageAsync(context) is not { } page || await RoomAsync(context) is not { } room) return;
        switch (await Rooms(context).ListMembersAsync(room, page.After, page.Limit + 1))
        {
            case null:
                await ApiError.WriteAsync(context, StatusCodes.Status404NotFound, "room_not_found", "There is no such room now.");
                break;
            case { Members: null }:
                await ApiError.WriteAsync(context, StatusCodes.Status409Conflict, "presence_off", "The room does not show its members; see rooms.patterns.");
                break;
            case { Members: { } members, Total: var total }:
                await context.Response.WriteAsJsonAsync(MemberListing.Of(total, members, page.Limit), RoomListingJson.Default.MemberListing, cancellationToken: context.RequestAborted);
                break;
        }
    }

    private static async Task PublishAsync(HttpContext context)
    {
        if (!await ApiRequest.BeginAsync(context, Access.Publish) || await RoomAsync(context) is not { } room) return;
        if (await ReadAsync(context, Settings(context).Rooms.MaxMessageBytes) is not { } body)
        {
            await ApiError.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, "message_too_big", "The message is over rooms.max_message_bytes.");
            return;
        }

        var isText = !IsBinary(context.Request);
        if (isText && !System.Text.Unicode.Utf8.IsValid(body))
        {
            await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, "invalid_utf8", "The message is not UTF-8; give binary ones as application/octet-stream.");
            return;
        }

        if (await Rooms(context).PublishAsync(room, new(body, isText)) is not { } members)
        {
            await ApiError.WriteAsync(context, StatusCodes.Status429TooManyRequests, "too_many_rooms", "The tenant has rooms.max_rooms rooms, and this one is not among them.");
            return;
        }

        await context.Response.WriteAsJsonAsync(new Published(members), RoomListingJson.Default.Published, cancellationToken: context.RequestAborted);
    }

    private static IRoomRuntime Rooms(HttpContext context) => context.RequestServices.GetRequiredService<IRelayRuntime>().Rooms;

    private static RelaySettings Settings(HttpContext context) => context.RequestServices.GetRequiredService<RelaySettings>();

    private static bool IsBinary(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && "application/octet-stream".Equals(type.MediaType, StringComparison.OrdinalIgnoreCase);

    // From the raw target: routing's own decoding would make one room of two.
    private static async ValueTask<RoomKey?> RoomAsync(HttpContext context)
    {
        if (context.Features.Get<IRelayPath>() is { Segments: ["api", "v1", "rooms", var name, _] } && Ids.IsValid(name)) return new(Admitted.Of(context).Tenant, name);
        await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_room", $"A room's name is 1 to {Ids.MaxBytes} bytes of UTF-8 without U+0000.");
        return null;
    }

    private static async ValueTask<byte[]?> ReadAsync(HttpContext context, int limit)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            var tooBig = result.Buffer.Length > limit;
            if (result.IsCompleted || tooBig)
            {
                byte[]? body = tooBig ? null : System.Buffers.BuffersExtensions.ToArray(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                return body;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
