using System.Globalization;
using Relay.Core;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary><c>/v1/streams/{id}</c>: goes on with a stream, or stops it, wherever in the cluster it is.</summary>
internal sealed class StreamsEndpoint(StreamTable streams, IRelayRuntime runtime, TimeProvider time)
{
    private const string LastEventId = "Last-Event-ID";

    public static CallError NotFound { get; } =
        new(StatusCodes.Status404NotFound, "stream_not_found", "There is no such stream: it never began, was stopped, or nobody read it for nodes.resume_window.");

    public async Task ReadAsync(HttpContext context, Caller caller, string id)
    {
        if (Offset(context.Request) is not { } offset)
        {
            await new CallError(StatusCodes.Status400BadRequest, "invalid_offset", "offset is how many bytes of the stream the reader has.").WriteAsync(context);
            return;
        }

        try
        {
            var sink = new HttpSink(context, time, caller.Options.IdleTimeout, offset);
            if (streams.Find(caller.Tenant, caller.Identity?.UserId, id) is { } stream) await ReadHereAsync(context, stream, sink, offset);
            else await AskAsync(context, caller, id, new(Stops: false, offset, caller.Identity?.UserId), sink);
        }
        catch (Exception e) when ((e is OperationCanceledException or IOException) && context.RequestAborted.IsCancellationRequested)
        {
            // The stream waits for its next reader.
        }
    }

    public async Task StopAsync(HttpContext context, Caller caller, string id)
    {
        if (await streams.StopAsync(caller.Tenant, caller.Identity?.UserId, id)) context.Response.StatusCode = StatusCodes.Status204NoContent;
        else await AskAsync(context, caller, id, new(Stops: true, 0, caller.Identity?.UserId), new HttpSink(context, time, caller.Options.IdleTimeout));
    }

    private static Task ReadHereAsync(HttpContext context, ReplayStream stream, HttpSink sink, long offset)
    {
        context.Response.Headers[ReplayStream.IdHeader] = stream.Id;
        return stream.ReadAsync(sink, offset, context.RequestAborted);
    }

    // It may have begun at another gateway.
    private async Task AskAsync(HttpContext context, Caller caller, string id, StreamRequest request, HttpSink sink)
    {
        using var inbox = new CallInbox(request.ToCall(), time);
        if (!Ids.IsValid(id) || runtime.Nodes.Streams.Find(caller.Tenant, id, inbox) is not { } link)
        {
            await NotFound.WriteAsync(context);
            return;
        }

        if (!request.Stops) context.Response.Headers[ReplayStream.IdHeader] = id;
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((CallInbox)state!).GiveUp(), inbox);
        await new FarReader(inbox, link, sink).RunAsync();
    }

    private static long? Offset(HttpRequest request)
    {
        var (query, header) = (request.Query["offset"], request.Headers[LastEventId]);
        if (query.Count > 1 || header.Count > 1) return null;
        var text = query.Count == 1 ? query[0] : header.Count == 1 ? header[0] : "0";
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : null;
    }
}
