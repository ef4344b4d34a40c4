using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Relay.Core;
using Relay.Core.Runtime;

namespace Relay.Gateway.Api;

/// <summary><c>GET /api/v1/hubs</c>: a tenant's hubs, to look at.</summary>
internal static class HubsApi
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;

    /// <summary>Maps the address; a tenant's own, under <c>/t/{tenant}</c>, is the same route behind the path middleware.</summary>
    public static void MapHubsApi(this IEndpointRouteBuilder app) => app.MapGet("/api/v1/hubs", ListAsync);

    private static async Task ListAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!TryReadPaging(context.Request.Query, out var after, out var limit, out var error))
        {
            await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, error.Error, error.Message);
            return;
        }

        var runtime = context.RequestServices.GetRequiredService<IRelayRuntime>();
        // One more than asked for tells whether there is a next part.
        var page = await runtime.ListHubsAsync(RequestTenant.Of(context), after, limit + 1);
        await context.Response.WriteAsJsonAsync(HubListing.Of(page, limit), HubListingJson.Default.HubListing, cancellationToken: context.RequestAborted);
    }

    private static bool TryReadPaging(IQueryCollection query, out string? after, out int limit, [NotNullWhen(false)] out ApiError? error)
    {
        (after, limit, error) = (null, DefaultLimit, null);
        var (afters, limits) = (query["after"], query["limit"]);
        if (afters.Count > 1 || (afters.Count == 1 && !Ids.IsValid(afters[0])))
            error = new("invalid_after", $"after is one user id of 1 to {Ids.MaxBytes} bytes.");
        else if (limits.Count > 1 || (limits.Count == 1 && !TryReadLimit(limits[0], out limit)))
            error = new("invalid_limit", $"limit is a whole number from 1 to {MaxLimit}.");
        else
            after = afters.Count == 1 ? afters[0] : null;
        return error is null;
    }

    private static bool TryReadLimit(string? text, out int limit) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit;
}
