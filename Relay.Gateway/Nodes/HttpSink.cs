using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Relay.Core.Nodes;

namespace Relay.Gateway.Nodes;

/// <summary>A waiting request. What is written reaches the caller as it comes; a caller that takes nothing for too long is let go.</summary>
/// <param name="context">The request.</param>
/// <param name="time">The source of time.</param>
/// <param name="patience">How long the caller may take nothing.</param>
/// <param name="offset">Of a stream that is read: where it is read from.</param>
internal sealed class HttpSink(HttpContext context, TimeProvider time, TimeSpan patience, long? offset = null) : ICallSink
{
    public const string NodeHeader = "X-Relay-Node";

    public const string OffsetHeader = "X-Relay-Stream-Offset";

    private readonly PipeWriter _body = context.Response.BodyWriter;

    public async ValueTask RefuseAsync(CallError error) => await error.WriteAsync(context);

    public ValueTask BeginAsync(CallHead head, string nodeId, long? length)
    {
        var response = context.Response;
        response.ContentLength = length;
        if (offset is { } from) response.Headers[OffsetHeader] = from.ToString(CultureInfo.InvariantCulture);
        // How fast a reader has to be is the relay's affair: a model's stream may be slower than the server thinks right.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        response.StatusCode = head.Status;
        foreach (var (name, value) in head.Headers)
            if (Passes(name) && IsPlain(value)) response.Headers[name] = value;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        // Proxies of one common kind hold a stream back without it.
        response.Headers["X-Accel-Buffering"] = "no";
        if (nodeId.Length > 0 && IsPlain(nodeId)) response.Headers[NodeHeader] = nodeId;
        return default;
    }

    public void Write(ReadOnlyMemory<byte> bytes) => _body.Write(bytes.Span);

    public async ValueTask<bool> FlushAsync()
    {
        try
        {
            var flush = _body.FlushAsync(context.RequestAborted);
            var result = flush.IsCompletedSuccessfully ? flush.Result : await flush.AsTask().WaitAsync(patience, time);
            return !result.IsCanceled && !result.IsCompleted;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or TimeoutException)
        {
            context.Abort();
            return false;
        }
    }

    public async ValueTask EndAsync()
    {
        try
        {
            await _body.CompleteAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Whoever is gone needs no end.
        }
    }

    public void Abort() => context.Abort();

    private static bool Passes(string name) =>
        name is "content-type" or "retry-after" or "x-request-id" || name.StartsWith("openai-", StringComparison.Ordinal) || name.StartsWith("x-ratelimit-", StringComparison.Ordinal);

    /// <summary>Whether a header can say it.</summary>
    public static bool IsPlain(string value) => value.All(static c => c is >= ' ' and <= '~');
}
