using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// <c>GET /metrics</c> on a listener of its own: nothing else is there, and it is nowhere else. Which listener a request
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
    public static void UseMetrics(this IApplicationBuilder app, RelayMetrics metrics) => app.Use((context, next) =>
        context.Features.Get<Mark>() is null ? next(context) : AnswerAsync(context, metrics));

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
