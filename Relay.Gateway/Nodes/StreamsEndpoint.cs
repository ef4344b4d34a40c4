using System.Globalization;

namespace Relay.Gateway.Nodes;

/// <summary><c>/v1/streams/{id}</c>: goes on with a stream, or stops it.</summary>
internal sealed class StreamsEndpoint(StreamTable streams)
{
    private const string LastEventId = "Last-Event-ID";

    public async Task ReadAsync(HttpContext context, Caller caller, string id)
    {
        if (Offset(context.Request) is not { } offset)
        {
            await new CallError(StatusCodes.Status400BadRequest, "invalid_offset", "offset is how many bytes of the stream the reader has.").WriteAsync(context);
        }
        else if (streams.Find(caller, id) is not { } stream)
        {
            await NotFound().WriteAsync(context);
        }
        else
        {
            context.Response.Headers[ReplayStream.IdHeader] = id;
            try
            {
                await stream.ReadAsync(context, offset);
            }
            catch (Exception e) when ((e is OperationCanceledException or IOException) && context.RequestAborted.IsCancellationRequested)
            {
                // The stream waits for its next reader.
            }
        }
    }

    public Task StopAsync(HttpContext context, Caller caller, string id)
    {
        if (streams.Find(caller, id) is not { } stream) return NotFound().WriteAsync(context);
        stream.Stop();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static CallError NotFound() => new(StatusCodes.Status404NotFound, "stream_not_found", "There is no such stream: it never began here, was stopped, or nobody read it for nodes.resume_window.");

    private static long? Offset(HttpRequest request)
    {
        var (query, header) = (request.Query["offset"], request.Headers[LastEventId]);
        if (query.Count > 1 || header.Count > 1) return null;
        var text = query.Count == 1 ? query[0] : header.Count == 1 ? header[0] : "0";
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : null;
    }
}
