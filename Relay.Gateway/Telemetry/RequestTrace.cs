using System.Diagnostics;
using System.Globalization;
using Relay.Core.Telemetry;
using Relay.Gateway.Endpoints;

namespace Relay.Gateway.Telemetry;

/// <summary>The span of an HTTP request. Of one that asks for a WebSocket it ends when the socket has its place, not with the socket.</summary>
internal sealed class RequestTrace(TraceIngress ingress)
{
    /// <summary>Answers a request in a span of its own, which is the current one meanwhile.</summary>
    public async Task RunAsync(HttpContext context, RelayPath path, Func<HttpContext, RelayPath, Task> answer)
    {
        if (TraceRoutes.Of(path.Segments) is not { } route)
        {
            await answer(context, path);
            return;
        }

        var method = TraceRoutes.Method(context.Request.Method);
        // The framework's own activity of the request believes what a client says of sampling.
        Activity.Current = null;
        using var span = new RequestSpan(RelayTrace.Source.StartActivity($"{method} {route}", ActivityKind.Server, ingress.Parent(context.Request.Headers["traceparent"], context.Request.Headers["tracestate"])));
        if (span.Activity is { IsAllDataRequested: true } asked)
        {
            asked.SetTag(RelayTrace.Method, method);
            asked.SetTag(RelayTrace.Route, route);
            asked.SetTag(RelayTrace.Scheme, context.Request.Scheme);
            if (path.Tenant is { } tenant) asked.SetTag(RelayTrace.Tenant, tenant.Name);
        }

        context.Features.Set(span);
        try
        {
            await answer(context, path);
            span.End(context.Response.StatusCode);
        }
        catch (Exception error)
        {
            span.Fail(error.GetType().FullName!);
            throw;
        }
    }
}

/// <summary>The span of a request that is being answered.</summary>
internal sealed class RequestSpan(Activity? activity) : IDisposable
{
    private int _ended;

    public Activity? Activity => activity;

    /// <summary>The span is of one route among several that begin alike.</summary>
    public void Route(string method, string route)
    {
        if (activity is null) return;
        activity.DisplayName = $"{method} {route}";
        activity.SetTag(RelayTrace.Route, route);
    }

    /// <summary>A request has become a socket, or has been refused one in a close code: what the socket does later does not belong to it.</summary>
    public static void Leave(HttpContext context, string connection, string tenant, string? error)
    {
        context.Features.Get<RequestSpan>()?.Upgraded(connection, tenant, error);
        Activity.Current = null;
    }

    /// <summary>The request has its answer.</summary>
    public void End(int status)
    {
        if (activity is null || Interlocked.Exchange(ref _ended, 1) != 0) return;
        activity.SetTag(RelayTrace.StatusCode, status);
        RelayTrace.End(activity, status >= StatusCodes.Status500InternalServerError ? status.ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>The request has no good answer.</summary>
    public void Fail(string error)
    {
        if (activity is null || Interlocked.Exchange(ref _ended, 1) != 0) return;
        RelayTrace.End(activity, error);
    }

    public void Dispose() => Fail("aborted");

    private void Upgraded(string connection, string tenant, string? error)
    {
        if (activity is null || Interlocked.Exchange(ref _ended, 1) != 0) return;
        activity.SetTag(RelayTrace.Connection, connection);
        activity.SetTag(RelayTrace.Tenant, tenant);
        activity.SetTag(RelayTrace.StatusCode, StatusCodes.Status101SwitchingProtocols);
        RelayTrace.End(activity, error);
    }
}
