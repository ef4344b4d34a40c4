using Microsoft.AspNetCore.Http.Features;
using Relay.Core;
using Relay.Core.Telemetry;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Gateway.Limits;
using Relay.Gateway.Nodes;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Endpoints;

/// <summary>
/// Parses the raw request target once, serves the WebSocket addresses, and hands everything else to routing under its path
/// without the tenant. Routing's own decoding would make two ids of one, or one of two.
/// </summary>
internal sealed class PathMiddleware(
    RequestDelegate next,
    HubEndpoint hub,
    RoomEndpoint rooms,
    IntroductionEndpoint introductions,
    PipeEndpoint pipes,
    NodeEndpoint nodes,
    OpenAiEndpoint openAi,
    TunnelEndpoint tunnels,
    ApiEndpoint api,
    TenantDirectory tenants,
    LimitTable limits,
    HostPolicy hosts,
    RequestTrace traces)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (AddressGate.IsBeyond(context) || limits.TryAddress(context.Connection.RemoteIpAddress) is not null) return RefuseAddressAsync(context);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RelayPath.TryParse(target, out var path))
            return ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_path", "The path has a malformed escape, or names no valid tenant.");

        if (!hosts.Allows(context.Request.Host))
            return ApiError.WriteAsync(context, StatusCodes.Status403Forbidden, "host_not_allowed", "The relay does not answer to this host name; see server.allowed_origins.");

        context.Features.Set<IRelayPath>(path);
        return RelayTrace.IsOn ? traces.RunAsync(context, path, AnswerAsync) : AnswerAsync(context, path);
    }

    private Task AnswerAsync(HttpContext context, RelayPath path)
    {
        if (path.Segments is ["api", "v1", ..]) return api.HandleAsync(context, path);
        if (path.Segments is ["ws"] && tenants.Jobs.HasFlag(TenantJobs.Hub)) return hub.HandleAsync(context);
        if (tunnels.Has(path.Segments)) return tunnels.HandleAsync(context);
        var jobs = tenants.Jobs;
        if (jobs.HasFlag(TenantJobs.Peers))
        {
            if (path.Segments is ["introduction", var peer]) return introductions.HandleAsync(context, peer);
            if (path.Segments is ["connection", var local, var remote, var document]) return pipes.HandleAsync(context, local, remote, document);
        }

        if (jobs.HasFlag(TenantJobs.Nodes))
        {
            if (path.Segments is ["nodes"]) return nodes.HandleAsync(context);
            if (path.Segments is ["v1", _, ..]) return openAi.HandleAsync(context, path);
        }

        if (jobs.HasFlag(TenantJobs.Rooms))
        {
            if (path.Segments is ["rooms", var room]) return rooms.HandleAsync(context, room);
            // Without an upgrade the address is the console's.
            if (path.Segments is [""] && WebSocketHandshake.IsWanted(context.Request)) return rooms.HandleAsync(context, RoomKey.DefaultName);
        }

        context.Request.Path = "/" + string.Join('/', path.Segments.Select(Uri.EscapeDataString));
        return next(context);
    }

    // As little as an answer can be: it is given before anything is known of who asks.
    private static Task RefuseAddressAsync(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        context.Response.Headers.RetryAfter = "1";
        return ApiError.WriteAsync(context, StatusCodes.Status429TooManyRequests, "rate_limited", "This is more than the limits of an address allow.");
    }
}
