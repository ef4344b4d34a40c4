using Relay.Core;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Api;

/// <summary>Groups of a tenant's users. A membership is the user's hub's, and ends with it.</summary>
internal static class GroupOperations
{
    private const string Members = "/api/v1/groups/{group}/members";

    private static readonly ApiFault TooMany = new(StatusCodes.Status429TooManyRequests, "too_many_groups", "The user is in hub.max_groups_per_user groups.");

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("listGroup", HttpMethods.Get, Members, Access.Observe, "Lists the members of a group; a group that nobody is in has none.", ListAsync)
        {
            IsPaged = true,
            Answer = new("""{"total":1,"users":[{"user_id":"alice","connections":1}],"next":null}""", UserJson.Default.UserListing),
        },
        new("joinGroup", HttpMethods.Put, Members + "/{user}", Access.Operate, "Makes a user a member of a group, as long as the user's hub lives.", static call => SetAsync(call, member: true))
        {
            Faults = [UserOperations.NoUser, TooMany],
        },
        new("leaveGroup", HttpMethods.Delete, Members + "/{user}", Access.Operate, "Ends a user's membership in a group.", static call => SetAsync(call, member: false))
        {
            Faults = [UserOperations.NoUser],
        },
        new("publishToGroup", HttpMethods.Post, "/api/v1/groups/{group}/messages", Access.Publish, "Sends a frame to all connections of the hubs of a group's members.", PublishAsync)
        {
            Body = PushBody.Taken,
            Answer = new("""{"users":1}""", UserJson.Default.UserCount),
            Faults = [PushBody.Invalid, PushBody.Reserved],
        },
    ];

    private static async Task ListAsync(ApiCall call) => await call.AnswerAsync(
        UserListing.Of(await call.Runtime.ListGroupAsync(call.Tenant, call["group"], call.Page.After, call.Page.Probe), call.Page), UserJson.Default.UserListing);

    private static async Task SetAsync(ApiCall call, bool member)
    {
        var user = new UserKey(call.Tenant, call["user"]);
        var isSet = member ? await call.Runtime.JoinGroupAsync(user, call["group"]) : await call.Runtime.LeaveGroupAsync(user, call["group"]);
        if (isSet) await call.DoneAsync();
        else await call.RefuseAsync(member && await call.Runtime.DescribeAsync(user) is not null ? TooMany : UserOperations.NoUser);
    }

    private static async Task PublishAsync(ApiCall call)
    {
        var (frame, fault) = PushBody.Read(call.Body);
        await (frame is { } push
            ? call.AnswerAsync(new(await call.Runtime.PushToGroupAsync(call.Tenant, call["group"], push)), UserJson.Default.UserCount)
            : call.RefuseAsync(fault!));
    }
}
