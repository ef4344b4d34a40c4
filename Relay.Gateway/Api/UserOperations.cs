using Relay.Core;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Api;

/// <summary>A tenant's users: who is there, and what is sent to them.</summary>
internal static class UserOperations
{
    private const string Users = "/api/v1/users";

    public static readonly ApiFault NoUser = new(StatusCodes.Status404NotFound, "user_not_found", "The user has no hub now.");

    private static readonly ApiFault NoPlugin = new(StatusCodes.Status404NotFound, "plugin_not_failed", "The user has no hub now, or no plugin of this prefix that has failed.");

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("listUsers", HttpMethods.Get, Users, Access.Observe, "Lists the users that have hubs, with the number of connections to each.", ListAsync)
        {
            IsPaged = true,
            Answer = new("""{"total":1,"users":[{"user_id":"alice","connections":1}],"next":null}""", UserJson.Default.UserListing),
        },
        new("getUser", HttpMethods.Get, Users + "/{user}", Access.Observe, "Tells whether a user is there, with which connections, and in which groups.", GetAsync)
        {
            Answer = new("""{"user_id":"alice","connections":["kM3x"],"groups":["team-1"],"idle_seconds":0}""", UserJson.Default.UserView),
            Faults = [NoUser],
        },
        new("publishToUser", HttpMethods.Post, Users + "/{user}/messages", Access.Publish, "Sends a frame to all connections of a user's hub; to none when the user is not there.", PublishAsync)
        {
            Body = PushBody.Taken,
            Answer = new("""{"connections":1}""", UserJson.Default.ConnectionCount),
            Faults = [PushBody.Invalid, PushBody.Reserved],
        },
        new("publishToAll", HttpMethods.Post, "/api/v1/messages", Access.Publish, "Sends a frame to all connections of all hubs of the tenant.", PublishToAllAsync)
        {
            Body = PushBody.Taken,
            Answer = new("""{"connections":1}""", UserJson.Default.ConnectionCount),
            Faults = [PushBody.Invalid, PushBody.Reserved],
        },
        new("revivePlugin", HttpMethods.Post, Users + "/{user}/plugins/{plugin}/revive", Access.Operate, "Gives a plugin of a user that has failed another life; `{plugin}` is its prefix, `ai_`.", ReviveAsync)
        {
            Faults = [NoPlugin],
        },
    ];

    private static async Task ListAsync(ApiCall call) =>
        await call.AnswerAsync(UserListing.Of(await call.Runtime.ListUsersAsync(call.Tenant, call.Page.After, call.Page.Probe), call.Page), UserJson.Default.UserListing);

    private static async Task GetAsync(ApiCall call) =>
        await (await call.Runtime.DescribeAsync(User(call)) is { } hub ? call.AnswerAsync(UserView.Of(hub), UserJson.Default.UserView) : call.RefuseAsync(NoUser));

    private static async Task PublishAsync(ApiCall call)
    {
        var (frame, fault) = PushBody.Read(call.Body);
        await (frame is { } push
            ? call.AnswerAsync(new(await call.Runtime.PushToUserAsync(User(call), push)), UserJson.Default.ConnectionCount)
            : call.RefuseAsync(fault!));
    }

    private static async Task PublishToAllAsync(ApiCall call)
    {
        var (frame, fault) = PushBody.Read(call.Body);
        await (frame is { } push
            ? call.AnswerAsync(new(await call.Runtime.Sockets.PushToAllAsync(call.Tenant, push)), UserJson.Default.ConnectionCount)
            : call.RefuseAsync(fault!));
    }

    private static async Task ReviveAsync(ApiCall call) =>
        await (await call.Runtime.RevivePluginAsync(User(call), call["plugin"]) ? call.DoneAsync() : call.RefuseAsync(NoPlugin));

    private static UserKey User(ApiCall call) => new(call.Tenant, call["user"]);
}
