using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Api;

/// <summary>A tenant's connections, of all jobs.</summary>
internal static class ConnectionOperations
{
    private const string OfUser = "/api/v1/users/{user}/connections";

    private static readonly ApiFault NoConnection = new(StatusCodes.Status404NotFound, "connection_not_found", "There is no such connection now.");

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("listConnections", HttpMethods.Get, "/api/v1/connections", Access.Observe, "Lists the connections of the tenant: to hubs, rooms and peers, of nodes, and with tunnels.", ListAsync)
        {
            IsPaged = true,
            Answer = Listing,
        },
        new("disconnect", HttpMethods.Delete, "/api/v1/connections/{connection}", Access.Operate, "Closes a connection.", CloseAsync)
        {
            Faults = [NoConnection],
        },
        new("listConnectionsOfUser", HttpMethods.Get, OfUser, Access.Observe, "Lists the connections of a user, whatever they are for.", ListAsync)
        {
            IsPaged = true,
            Answer = Listing,
        },
        new("disconnectUser", HttpMethods.Delete, OfUser, Access.Operate, "Closes all connections of a user, whatever they are for.", CloseAllAsync)
        {
            Answer = new("""{"connections":1}""", UserJson.Default.ConnectionCount),
        },
        new("publishToConnection", HttpMethods.Post, OfUser + "/{connection}/messages", Access.Publish, "Sends a frame to one connection to a user's hub.", PublishAsync)
        {
            Body = PushBody.Taken,
            Faults = [PushBody.Invalid, PushBody.Reserved, NoConnection],
        },
    ];

    private static ApiContent Listing => new(
        """{"total":1,"connections":[{"connection_id":"kM3x","user_id":"alice","job":"hub"}],"next":null}""", UserJson.Default.ConnectionListing);

    private static async Task ListAsync(ApiCall call) => await call.AnswerAsync(
        ConnectionListing.Of(await call.Runtime.Sockets.ListAsync(call.Tenant, Choice(call), call.Page.After, call.Page.Probe), call.Page), UserJson.Default.ConnectionListing);

    private static async Task CloseAsync(ApiCall call) =>
        await (await call.Runtime.Sockets.CloseAsync(call.Tenant, Choice(call), ErrorCode.Disconnected) > 0 ? call.DoneAsync() : call.RefuseAsync(NoConnection));

    private static async Task CloseAllAsync(ApiCall call) =>
        await call.AnswerAsync(new(await call.Runtime.Sockets.CloseAsync(call.Tenant, Choice(call), ErrorCode.Disconnected)), UserJson.Default.ConnectionCount);

    private static async Task PublishAsync(ApiCall call)
    {
        var (frame, fault) = PushBody.Read(call.Body);
        if (frame is not { } push) await call.RefuseAsync(fault!);
        else if (await call.Runtime.PushToConnectionAsync(new(call.Tenant, call["user"]), call["connection"], push)) await call.DoneAsync();
        else await call.RefuseAsync(NoConnection);
    }

    private static SocketChoice Choice(ApiCall call) => new(call.Find("user"), call.Find("connection"));
}
