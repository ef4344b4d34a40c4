using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>A collector on loopback that takes OTLP over HTTP and over gRPC, from whomever.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<OtlpSending> _sendings = Channel.CreateUnbounded<OtlpSending>();
    private readonly ConcurrentQueue<TaskCompletionSource> _hanging = new();

    private OtlpCollector()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http2);
        });
        _app = builder.Build();
        _app.UseRouting();
        _app.MapPost("/v1/{signal}", context => TakeAsync(context, (string)context.Request.RouteValues["signal"]!, grpc: false));
        _app.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", context => TakeAsync(context, OtlpSending.OfMetrics, grpc: true));
        _app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", context => TakeAsync(context, OtlpSending.OfTraces, grpc: true));
    }

    /// <summary>What it says to a sending: a status, or null for no answer at all.</summary>
    public int? Status { get; set; } = StatusCodes.Status200OK;

    public Uri Http => new(_app.Urls.First());

    public Uri Grpc => new(_app.Urls.Last());

    /// <summary>The settings of a relay that sends all its traces here.</summary>
    public Func<RelaySettings, RelaySettings> Traced(Func<RelayTracesOptions, RelayTracesOptions>? change = null) => settings =>
    {
        var traces = new RelayTracesOptions { Enabled = true, SampleRatio = 1, Otlp = new() { Endpoint = Http.ToString(), Protocol = OtlpProtocol.Http, Headers = "authorization=Bearer%20collector" } };
        return settings with { Traces = change?.Invoke(traces) ?? traces };
    };

    public static async Task<OtlpCollector> StartAsync()
    {
        var collector = new OtlpCollector();
        await collector._app.StartAsync();
        return collector;
    }

    public async Task<OtlpSending> NextAsync() => await _sendings.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>The next sending of a signal; what comes of others meanwhile is passed over.</summary>
    public async Task<OtlpSending> NextAsync(string signal)
    {
        while (true)
            if (await NextAsync() is var sending && sending.Signal == signal) return sending;
    }

    /// <summary>All that has come by now: all that there is when the relay has stopped.</summary>
    public List<OtlpSending> All()
    {
        var all = new List<OtlpSending>();
        while (_sendings.Reader.TryRead(out var one)) all.Add(one);
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var each in _hanging) each.TrySetResult();
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context, string signal, bool grpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        // gRPC puts five bytes before a message: whether it is packed, and its length.
        var message = grpc ? body.ToArray()[5..] : body.ToArray();
        await _sendings.Writer.WriteAsync(OtlpSending.Read(signal, message, context.Request.Headers.Authorization));
        if (Status is not { } status)
        {
            var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _hanging.Enqueue(never);
            await never.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = grpc ? "application/grpc" : "application/x-protobuf";
        if (!grpc) return;
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", status == StatusCodes.Status200OK ? "0" : "14");
    }
}
