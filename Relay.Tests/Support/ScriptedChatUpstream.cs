using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Relay.Tests.Support;

/// <summary>An OpenAI-compatible server on a real socket that answers every request as a test scripts it.</summary>
internal sealed class ScriptedChatUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ScriptedChatUpstream(WebApplication app) => _app = app;

    /// <summary>What an operator would configure: ends in <c>/v1</c>.</summary>
    public string BaseUrl => _app.Urls.First() + "/v1";

    /// <summary>Every request so far.</summary>
    public ConcurrentQueue<(string Path, string? Accept, string? Authorization, string Body)> Requests { get; } = new();

    /// <summary>Ends when a request has arrived.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Ends when the caller has given a request up.</summary>
    public Task Aborted => _aborted.Task;

    public static async Task<ScriptedChatUpstream> StartAsync(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var upstream = new ScriptedChatUpstream(app);
        app.Run(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            upstream.Requests.Enqueue((context.Request.Path, context.Request.Headers.Accept, context.Request.Headers.Authorization, await body.ReadToEndAsync()));
            upstream._reached.TrySetResult();
            try
            {
                await answer(context);
            }
            finally
            {
                if (context.RequestAborted.IsCancellationRequested)
                    upstream._aborted.TrySetResult();
            }
        });
        await app.StartAsync();
        return upstream;
    }

    /// <summary>Answers with events, one for each text, and ends.</summary>
    public static Func<HttpContext, Task> Events(params string[] events) => async context =>
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        foreach (var data in events)
        {
            await context.Response.WriteAsync($"data: {data}\n\n");
            await context.Response.Body.FlushAsync();
        }
    };

    /// <summary>Answers with a body as it is.</summary>
    public static Func<HttpContext, Task> Body(int status, string contentType, string body) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    };

    /// <summary>Waits until the caller gives up.</summary>
    public static async Task SilenceAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        using var _ = context.RequestAborted.Register(() => gone.TrySetResult());
        await gone.Task;
    }

    /// <summary>A part of the answer.</summary>
    public static string Delta(string text) => $$"""{"choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":null}]}""";

    /// <summary>The model's end.</summary>
    public static string Finish(string reason) => $$"""{"choices":[{"index":0,"delta":{},"finish_reason":"{{reason}}"}]}""";

    /// <summary>The chunk that <c>include_usage</c> asks for.</summary>
    public static string Usage(int prompt, int completion) =>
        $$$"""{"choices":[],"usage":{"prompt_tokens":{{{prompt}}},"completion_tokens":{{{completion}}},"total_tokens":{{{prompt + completion}}}}}""";

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
