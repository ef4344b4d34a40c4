using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Relay.Benchmarks.Nodes;

/// <summary>Streams events at a steady pace, each with the time at which it left.</summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ModelServer(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public static async Task<ModelServer> StartAsync(int chunksPerSecond, int chunks)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/v1/chat/completions", context => StreamAsync(context, chunksPerSecond, context.Request.Headers["X-Request-Id"] == "warm" ? chunksPerSecond : chunks));
        await app.StartAsync();
        return new(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task StreamAsync(HttpContext context, int chunksPerSecond, int chunks)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        context.Response.ContentType = "text/event-stream";
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / chunksPerSecond));
        for (var i = 0; i < chunks; i++)
        {
            // As long as a typical delta is.
            var now = Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture);
            await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes($"data: {now} {{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" token\"}},\"finish_reason\":null}}]}}\n\n"));
            await context.Response.Body.FlushAsync();
            await pace.WaitForNextTickAsync(context.RequestAborted);
        }

        await context.Response.WriteAsync("data: [DONE]\n\n");
    }
}
