using Relay.Core.Runtime;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Api;

/// <summary><c>GET /api/v1/hubs</c>: a tenant's hubs, to look at.</summary>
internal static class HubsApi
{
    /// <summary>Maps the address; a tenant's own, under <c>/t/{tenant}</c>, is the same route behind the path middleware.</summary>
    public static void MapHubsApi(this IEndpointRouteBuilder app) => app.MapGet("/api/v1/hubs", ListAsync);

    private static async Task ListAsync(HttpContext context)
    {
        if (!await ApiRequest.BeginAsync(context, Access.Observe) || await ApiRequest.ReadPageAsync(context) is not { } asked) return;
        var runtime = context.RequestServices.GetRequiredService<IRelayRuntime>();
        // One more than asked for tells whether there is a next part.
        var page = await runtime.ListHubsAsync(Admitted.Of(context).Tenant, asked.After, asked.Limit + 1);
        await context.Response.WriteAsJsonAsync(HubListing.Of(page, asked.Limit), HubListingJson.Default.HubListing, cancellationToken: context.RequestAborted);
    }
}
