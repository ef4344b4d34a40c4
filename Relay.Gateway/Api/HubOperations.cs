using Relay.Gateway.Auth;

namespace Relay.Gateway.Api;

/// <summary>A tenant's hubs, to look at.</summary>
internal static class HubOperations
{
    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("listHubs", HttpMethods.Get, "/api/v1/hubs", Access.Observe, "Lists the hubs of users, with their connections, groups and plugins.", ListAsync)
        {
            IsPaged = true,
            Answer = new(
                """
                {"total":1,"connections":1,"hubs":[{"user_id":"alice","phase":"active","idle_seconds":0,"connections":["kM3x"],"groups":["team-1"],"plugins":{"session_":{"status":"running","crashes":0}}}],"next":null}
                """,
                HubListingJson.Default.HubListing),
        },
    ];

    private static async Task ListAsync(ApiCall call) =>
        await call.AnswerAsync(HubListing.Of(await call.Runtime.ListHubsAsync(call.Tenant, call.Page.After, call.Page.Probe), call.Page), HubListingJson.Default.HubListing);
}
