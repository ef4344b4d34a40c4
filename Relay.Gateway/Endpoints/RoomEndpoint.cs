using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Rooms;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Tenants;
using Relay.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary><c>/</c> and <c>/rooms/{room}</c>: a member's connection to a room.</summary>
internal sealed class RoomEndpoint(IRelayRuntime runtime, SocketEntrance entrance, IRelayEvents events)
{
    // A member's frames are messages of members: a close says by its code alone what there is to say.
    private readonly PerSettings<ConnectionLimits> _limits = new(static settings => ConnectionLimits.Of(settings) with
    {
        OutboxBytes = settings.Rooms.OutboxBytes,
        TellsErrors = false,
    });

    public async Task HandleAsync(HttpContext context, string name)
    {
        if (await entrance.AdmitAsync(context, SocketUse.Room) is not { } entrant) return;
        if (!Ids.IsValid(name))
        {
            await entrance.RefuseAsync(context, SocketUse.Room, StatusCodes.Status400BadRequest, "bad_room", $"A room's name is 1 to {Ids.MaxBytes} bytes of UTF-8 without U+0000.");
            return;
        }

        if (!TryReadSince(context.Request.QueryString.Value ?? "", out var join))
        {
            await entrance.RefuseAsync(context, SocketUse.Room, StatusCodes.Status400BadRequest, "bad_since", "since is empty, or a position that the room has given.");
            return;
        }

        var settings = entrant.Who.Policy.Settings;
        await entrance.RunAsync(context, entrant, new FrameReader(settings.Rooms.MaxMessageBytes), _limits.Of(settings), connection => JoinAsync(connection, new(entrant.Who.Tenant, name), join));
    }

    /// <summary>Without <c>since</c> a member gets bare messages; with it events, and what it missed when it names a position.</summary>
    internal static bool TryReadSince(string query, out RoomJoin join)
    {
        join = default;
        if (!RelayPath.TryQuery(query, "since", out var since)) return false;
        if (since is null) return true;
        join = new(WantsEvents: true);
        if (since.Length == 0) return true;
        if (!RoomPosition.TryParse(since, out var position)) return false;
        join = new(WantsEvents: true, position);
        return true;
    }

    private async ValueTask<ErrorCode?> JoinAsync(Connection connection, RoomKey room, RoomJoin join)
    {
        var (link, error) = await runtime.Rooms.JoinAsync(room, connection, join);
        if (link is null) return error;
        var joined = new RelayEvent(room.Tenant, RelayEventKind.RoomJoined, room.Name) { UserId = connection.Identity.UserId, ConnectionId = connection.Id };
        events.Tell(joined);
        connection.Attach(new RoomUse(link, joined, events));
        return error;
    }
}
