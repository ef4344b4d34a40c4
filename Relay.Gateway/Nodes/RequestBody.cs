using Microsoft.AspNetCore.Http.Features;

namespace Relay.Gateway.Nodes;

/// <summary>Reads requests' bodies within a bound for each and one for all.</summary>
internal sealed class RequestBodies(int limit, long budget)
{
    private long _held;

    /// <summary>Bytes of all bodies that are held.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Reads a body. What it holds has to be given back by <see cref="Release"/>.</summary>
    /// <returns>The body, or why there is none.</returns>
    public async ValueTask<(byte[]? Body, CallError? Error)> ReadAsync(HttpContext context)
    {
        // The bound is the relay's own; the server's would cut the connection in place of an answer.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Request.ContentLength > limit) return (null, TooBig());
        var length = 0;
        var body = new byte[(int)Math.Min(context.Request.ContentLength ?? 4096, 64 * 1024)];
        try
        {
            while (true)
            {
                if (length == body.Length) Array.Resize(ref body, (int)Math.Min(Math.Max(2L * body.Length, 4096), context.Request.ContentLength ?? (limit + 1L)));
                var read = await context.Request.Body.ReadAsync(body.AsMemory(length), context.RequestAborted);
                if (read == 0) break;
                length += read;
                if (length > limit) return Refuse(length - read, TooBig());
                if (Interlocked.Add(ref _held, read) > budget) return Refuse(length, CallError.Busy(TimeSpan.FromSeconds(1)));
                if (length == context.Request.ContentLength) break;
            }
        }
        catch (BadHttpRequestException e)
        {
            return Refuse(length, new(StatusCodes.Status400BadRequest, "bad_request", e.StatusCode == StatusCodes.Status408RequestTimeout ? "The body came too slowly." : "The body could not be read."));
        }
        catch (Exception)
        {
            Release(length);
            throw;
        }

        if (length == 0) return (null, new(StatusCodes.Status400BadRequest, "invalid_body", "The request has no body."));
        return (body.Length == length ? body : body[..length], null);
    }

    /// <summary>A body is not held any more.</summary>
    public void Release(int length) => Interlocked.Add(ref _held, -length);

    private (byte[]?, CallError?) Refuse(int held, CallError error)
    {
        Release(held);
        return (null, error);
    }

    private CallError TooBig() => new(StatusCodes.Status413PayloadTooLarge, "body_too_big", $"The body is over nodes.max_body_bytes ({limit}).");
}
