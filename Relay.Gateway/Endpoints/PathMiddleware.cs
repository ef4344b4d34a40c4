using Microsoft.AspNetCore.Http.Features;
using Relay.Gateway.Api;

namespace Relay.Gateway.Endpoints;

/// <summary>
/// Parses the raw request target once, serves the WebSocket addresses, and hands everything else to routing under its path
/// without the tenant. Routing's own decoding would make two ids of one, or one of two.
/// </summary>
internal sealed class PathMiddleware(RequestDelegate next, HubEndpoint hub)
{
    public Task InvokeAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RelayPath.TryParse(target, out var path))
            return ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_path", "The path has a malformed escape, or names no valid tenant.");

        context.Features.Set<IRelayPath>(path);
        if (path.Segments is ["ws"]) return hub.HandleAsync(context, path.Tenant);
        context.Request.Path = "/" + string.Join('/', path.Segments.Select(Uri.EscapeDataString));
        return next(context);
    }
}
