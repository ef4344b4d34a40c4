using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Hosting;
using Relay.Gateway.Webhooks;

namespace Relay.Tests.Gateway.Webhooks;

/// <summary>A tenant's own program: takes what the relay posts, and answers as it is told to.</summary>
internal sealed class HookReceiver : IAsyncDisposable
{
    public const string Secret = "a secret of at least thirty-two bytes";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly Channel<HookRequest> _requests = Channel.CreateUnbounded<HookRequest>();

    private HookReceiver(WebApplication app) => _app = app;

    /// <summary>What it answers.</summary>
    public Func<HookRequest, (int Status, string Body)> Answer { get; set; } = static _ => (200, "");

    public string Url => _app.Urls.First() + "/hook";

    public static async Task<HookReceiver> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var receiver = new HookReceiver(app);
        app.MapPost("/hook", receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>A relay's settings whose default tenant tells this receiver.</summary>
    public Func<RelaySettings, RelaySettings> Hooked(Func<RelayWebhooksOptions, RelayWebhooksOptions>? change = null) => settings =>
    {
        var hooks = new RelayWebhooksOptions { Url = Url, Secret = Secret };
        return settings with { Webhooks = change?.Invoke(hooks) ?? hooks };
    };

    public Task<HookRequest> NextAsync() => _requests.Reader.ReadAsync().AsTask().WaitAsync(Bound);

    /// <summary>The next events, whatever deliveries they come in.</summary>
    public async Task<List<JsonElement>> EventsAsync(int count)
    {
        var events = new List<JsonElement>();
        while (events.Count < count) events.AddRange((await NextAsync()).Body.GetProperty("events").EnumerateArray());
        Assert.Equal(count, events.Count);
        return events;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        var request = new HookRequest(
            JsonDocument.Parse(bytes).RootElement, bytes, context.Request.Headers[WebhookSignature.TimestampHeader].ToString(), context.Request.Headers[WebhookSignature.Header].ToString())
        {
            Traceparent = context.Request.Headers["traceparent"].ToString(),
            Tracestate = context.Request.Headers["tracestate"].ToString(),
        };
        var (status, answer) = Answer(request);
        _requests.Writer.TryWrite(request);
        context.Response.StatusCode = status;
        if (status is 200) await context.Response.WriteAsync(answer, Encoding.UTF8);
    }
}

/// <summary>What the relay posted.</summary>
internal sealed record HookRequest(JsonElement Body, byte[] Bytes, string Timestamp, string Signature)
{
    public string Traceparent { get; init; } = "";

    public string Tracestate { get; init; } = "";

    public string Delivery => Body.GetProperty("delivery").GetString()!;

    public IEnumerable<string> Events => Body.GetProperty("events").EnumerateArray().Select(one => one.GetProperty("event").GetString()!);
}
