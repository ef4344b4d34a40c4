using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Relay.Tests.Gateway.Telemetry;

/// <summary>What a collector was sent: who told it, and each metric's number of points.</summary>
internal sealed record OtlpSending(IReadOnlyDictionary<string, string> Resource, IReadOnlyDictionary<string, int> Metrics, string? Authorization);

/// <summary>A collector on loopback that takes OTLP over HTTP and over gRPC, and decodes as much of it as tests look at.</summary>
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
        _app.MapPost("/v1/metrics", context => TakeAsync(context, grpc: false));
        _app.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", context => TakeAsync(context, grpc: true));
    }

    /// <summary>What it says to a sending: a status, or null for no answer at all.</summary>
    public int? Status { get; set; } = StatusCodes.Status200OK;

    public Uri Http => new(_app.Urls.First());

    public Uri Grpc => new(_app.Urls.Last());

    public static async Task<OtlpCollector> StartAsync()
    {
        var collector = new OtlpCollector();
        await collector._app.StartAsync();
        return collector;
    }

    public async Task<OtlpSending> NextAsync() => await _sendings.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        foreach (var each in _hanging) each.TrySetResult();
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context, bool grpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        // gRPC puts five bytes before a message: whether it is packed, and its length.
        var message = grpc ? body.ToArray()[5..] : body.ToArray();
        await _sendings.Writer.WriteAsync(Read(message, context.Request.Headers.Authorization));
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

    // ExportMetricsServiceRequest.resource_metrics = 1; ResourceMetrics.resource = 1, scope_metrics = 2; ScopeMetrics.metrics = 2.
    private static OtlpSending Read(byte[] message, string? authorization)
    {
        var (resource, metrics) = (new Dictionary<string, string>(), new Dictionary<string, int>());
        foreach (var (field, part) in Fields(Fields(message).Single(static each => each.Field == 1).Bytes))
        {
            if (field == 1)
                foreach (var attribute in Fields(part).Where(static each => each.Field == 1)) Add(resource, attribute.Bytes);
            if (field == 2)
                foreach (var metric in Fields(part).Where(static each => each.Field == 2)) Count(metrics, metric.Bytes);
        }

        return new(resource, metrics, authorization);
    }

    // KeyValue.key = 1, value = 2; AnyValue.string_value = 1.
    private static void Add(Dictionary<string, string> resource, byte[] attribute)
    {
        var fields = Fields(attribute).ToDictionary(static each => each.Field, static each => each.Bytes);
        resource.Add(Utf8(fields[1]), Utf8(Fields(fields[2]).Single(static each => each.Field == 1).Bytes));
    }

    // Metric.name = 1, gauge = 5, sum = 7, histogram = 9; their data_points = 1.
    private static void Count(Dictionary<string, int> metrics, byte[] metric)
    {
        var fields = Fields(metric).ToLookup(static each => each.Field, static each => each.Bytes);
        metrics.Add(Utf8(fields[1].Single()), Fields(fields[5].Concat(fields[7]).Concat(fields[9]).Single()).Count(static each => each.Field == 1));
    }

    // The fields with a length, which are all that is looked at.
    private static List<(int Field, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[])>();
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited) fields.Add((WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray()));
            else input.SkipLastField();
        }

        return fields;
    }

    private static string Utf8(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
