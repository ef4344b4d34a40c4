using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// <c>GET /metrics</c> on a listener of its own: nothing else is there unless asked for, and it is nowhere else. Which listener a request
/// came by is known from a mark on its connection, so it holds for any host, and for a port that was 0.
/// </summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";

    /// <summary>Marks every connection of a listener as the metrics listener's.</summary>
    public static void OnlyMetrics(this ListenOptions listener)
    {
        listener.Protocols = HttpProtocols.Http1;
        listener.Use(next => connection =>
        {
            connection.Features.Set(Mark.Instance);
            return next(connection);
        });
    }

    /// <summary>Answers what comes by the metrics listener; has to stand before everything else in the pipeline.</summary>
    /// <param name="app">The pipeline.</param>
    /// <param name="metrics">The metrics.</param>
    /// <param name="beside">A path below which what follows in the pipeline answers on this listener too, or null. Whoever maps it asks <see cref="IsMetrics"/>.</param>
    public static void UseMetrics(this IApplicationBuilder app, RelayMetrics metrics, string? beside = null) => app.Use((context, next) =>
        !IsMetrics(context) || (beside is not null && context.Request.Path.StartsWithSegments(beside)) ? next(context) : AnswerAsync(context, metrics));

    /// <summary>Whether a request came by the metrics listener.</summary>
    public static bool IsMetrics(HttpContext context) => context.Features.Get<Mark>() is not null;

    private static Task AnswerAsync(HttpContext context, RelayMetrics metrics)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.Path != Path)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        if (!HttpMethods.IsGet(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = HttpMethods.Get;
            return Task.CompletedTask;
        }

        response.ContentType = PrometheusText.ContentType;
        return response.WriteAsync(PrometheusText.Write(metrics.Meter), context.RequestAborted);
    }

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
