using OpenTelemetry.Metrics;
using Relay.Gateway.Telemetry;

namespace Relay.Silo;

/// <summary>
/// The metrics as OpenTelemetry's Prometheus exporter for ASP.NET Core writes them. It is given a request of its own, whose answer stays in memory: it
/// sends from the buffer that the next collection needs, so that a scraper which does not read would hold up all others.
/// </summary>
internal sealed class OfficialExposition(IServiceProvider services) : IMetricsExposition
{
    private RequestDelegate? _middleware;
    private int _sizeHint = 16 * 1024;

    public MeterProvider Build(MeterProviderBuilder builder)
    {
        var provider = builder.AddPrometheusExporter(static exporter =>
        {
            // Labels are those of docs/metrics.md and no others, and values those of now.
            exporter.ScopeInfoEnabled = false;
            exporter.ScrapeResponseCacheDurationMilliseconds = 0;
        }).Build();
        _middleware = new ApplicationBuilder(services)
            .UseOpenTelemetryPrometheusScrapingEndpoint(provider, static _ => true, path: null, configureBranchedPipeline: null, optionsName: null)
            .Build();
        return provider;
    }

    public async Task<ReadOnlyMemory<byte>> CollectAsync(ScrapeFormat format, CancellationToken cancel)
    {
        if (_middleware is null) throw new InvalidOperationException("The metrics have no provider yet.");
        var body = new MemoryStream(_sizeHint);
        var context = new DefaultHttpContext { RequestAborted = cancel };
        (context.Request.Method, context.Request.Headers.Accept, context.Response.Body) = (HttpMethods.Get, format.ContentType(), body);
        await _middleware(context);
        cancel.ThrowIfCancellationRequested();
        if (context.Response.StatusCode != StatusCodes.Status200OK) throw new InvalidOperationException("The metrics could not be collected.");
        _sizeHint = Math.Max(_sizeHint, (int)body.Length + 4096);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
