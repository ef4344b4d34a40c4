using Relay.Core.Runtime;

namespace Relay.Gateway.Api;

/// <summary><c>GET /api/v1/hubs</c>: a tenant's hubs, to look at.</summary>
internal static class HubsApi
{
    /// <summary>Maps the address; a tenant's own, under <c>/t/{tenant}</c>, is the same route behind the path middleware.</summary>
    public static void MapHubsApi(this IEndpointRouteBuilder app) => app.MapGet("/api/v1/hubs", ListAsync);

    private static async Task ListAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!Paging.TryRead(context.Request.Query, out var after, out var limit, out var error))
        {
            await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, error.Error, error.Message);
            return;
        }

        var runtime = context.RequestServices.GetRequiredService<IRelayRuntime>();
        // One more than asked for tells whether there is a next part.
        var page = await runtime.ListHubsAsync(RequestTenant.Of(context), after, limit + 1);
        await context.Response.WriteAsJsonAsync(HubListing.Of(page, limit), HubListingJson.Default.HubListing, cancellationToken: context.RequestAborted);
    }
}
