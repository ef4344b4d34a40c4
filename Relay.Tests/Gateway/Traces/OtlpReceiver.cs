using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Traces;

/// <summary>A collector on loopback that takes OTLP by HTTP. What it is sent is looked at as bytes: names and ids stand in it as they are.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly Channel<(string Path, string Authorization, byte[] Body)> _requests = Channel.CreateUnbounded<(string, string, byte[])>();

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    /// <summary>The settings of a relay that sends all its traces here.</summary>
    public Func<RelaySettings, RelaySettings> Traced(Func<RelayTracesOptions, RelayTracesOptions>? change = null) => settings =>
    {
        var traces = new RelayTracesOptions { Enabled = true, SampleRatio = 1, Otlp = new() { Endpoint = Url, Protocol = OtlpProtocol.Http, Headers = "authorization=Bearer%20collector" } };
        return settings with { Traces = change?.Invoke(traces) ?? traces };
    };

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapFallback(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>All that has come by now and until the relay had stopped.</summary>
    public List<(string Path, string Authorization, byte[] Body)> Requests()
    {
        var all = new List<(string, string, byte[])>();
        while (_requests.Reader.TryRead(out var one)) all.Add(one);
        return all;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body).WaitAsync(Bound);
        _requests.Writer.TryWrite((context.Request.Path.Value!, context.Request.Headers.Authorization.ToString(), body.ToArray()));
        context.Response.ContentType = "application/x-protobuf";
    }
}
