using System.IO.Compression;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace Relay.Gateway.Telemetry;

/// <summary>
/// <c>GET /metrics</c> on a listener of its own: nothing else is there unless asked for, and it is nowhere else. Which listener a request
/// came by is known from a mark on its connection, so it holds for any host, and for a port that was 0.
/// </summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";

    // Prometheus itself gives up after 10 s.
    private static readonly TimeSpan LongestScrape = TimeSpan.FromSeconds(15);

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
    /// <param name="scrapes">What knows the metrics.</param>
    /// <param name="time">The clock.</param>
    /// <param name="beside">A path below which what follows in the pipeline answers on this listener too, or null. Whoever maps it asks <see cref="IsMetrics"/>.</param>
    public static void UseMetrics(this IApplicationBuilder app, Scrapes scrapes, TimeProvider time, string? beside = null) => app.Use((context, next) =>
        !IsMetrics(context) || (beside is not null && context.Request.Path.StartsWithSegments(beside)) ? next(context) : AnswerAsync(context, scrapes, time));

    /// <summary>Whether a request came by the metrics listener.</summary>
    public static bool IsMetrics(HttpContext context) => context.Features.Get<Mark>() is not null;

    private static Task AnswerAsync(HttpContext context, Scrapes scrapes, TimeProvider time)
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

        if (!scrapes.TryEnter())
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            response.Headers.RetryAfter = "1";
            return Task.CompletedTask;
        }

        return ScrapeAsync(context, scrapes, time);
    }

    private static async Task ScrapeAsync(HttpContext context, Scrapes scrapes, TimeProvider time)
    {
        var (request, response) = (context.Request, context.Response);
        using var late = new CancellationTokenSource(LongestScrape, time);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        try
        {
            var format = ScrapeFormats.Of(request.Headers.Accept);
            var body = await scrapes.ScrapeAsync(format, cancel.Token);
            response.ContentType = format.ContentType();
            response.Headers.Vary = "Accept, Accept-Encoding";
            if (ScrapeFormats.TakesGzip(request.Headers.AcceptEncoding))
            {
                response.Headers[HeaderNames.ContentEncoding] = "gzip";
                body = Compress(body);
            }

            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, cancel.Token);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // It left, or reads so slowly that the next scrape is due.
            context.Abort();
        }
        finally
        {
            scrapes.Leave();
        }
    }

    private static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> body)
    {
        var packed = new MemoryStream(body.Length / 8);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(body.Span);
        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
