using Microsoft.AspNetCore.Http.Features;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Endpoints;

/// <summary>Reads requests' bodies within a bound for each and one for all.</summary>
/// <param name="budget">Bytes of all bodies that are held.</param>
internal sealed class RequestBodies(long budget)
{
    private long _held;

    /// <summary>Bytes of all bodies that are held.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Reads a body. What it holds has to be given back by <see cref="Release"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="limit">The most bytes that this one may have.</param>
    /// <returns>The body, which may be empty, or why there is none.</returns>
    public async ValueTask<(byte[]? Body, BodyFault Fault)> ReadAsync(HttpContext context, int limit)
    {
        // The bound is the relay's own; the server's would cut the connection in place of an answer.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Request.ContentLength > limit) return (null, BodyFault.TooBig);
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
                if (length > limit) return Refuse(length - read, BodyFault.TooBig);
                if (Interlocked.Add(ref _held, read) > budget) return Refuse(length, BodyFault.Busy);
                if (length == context.Request.ContentLength) break;
            }
        }
        catch (BadHttpRequestException e)
        {
            return Refuse(length, e.StatusCode == StatusCodes.Status408RequestTimeout ? BodyFault.TooSlow : BodyFault.Unreadable);
        }
        catch (Exception)
        {
            Release(length);
            throw;
        }

        context.Features.Get<RequestMeter>()?.Took(length);
        return (body.Length == length ? body : body[..length], BodyFault.None);
    }

    /// <summary>A body is not held any more.</summary>
    public void Release(int length) => Interlocked.Add(ref _held, -length);

    private (byte[]?, BodyFault) Refuse(int held, BodyFault fault)
    {
        Release(held);
        return (null, fault);
    }
}

/// <summary>Why there is no body.</summary>
internal enum BodyFault
{
    /// <summary>There is one.</summary>
    None,

    /// <summary>It is over its own bound.</summary>
    TooBig,

    /// <summary>All bodies together are at their bound.</summary>
    Busy,

    /// <summary>It came too slowly.</summary>
    TooSlow,

    /// <summary>It is no body of HTTP.</summary>
    Unreadable,
}
