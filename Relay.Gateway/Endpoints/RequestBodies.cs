using Microsoft.AspNetCore.Http.Features;
using Relay.Core;
using Relay.Gateway.Auth;
using Relay.Gateway.Limits;

namespace Relay.Gateway.Endpoints;

/// <summary>
/// Reads requests' bodies within a bound for each and one for all. Beyond its first body a tenant may hold three times what it leaves free: alone three quarters of
/// the whole, and never so much that another one finds no room.
/// </summary>
/// <param name="budget">Bytes of all bodies that are held.</param>
internal sealed class RequestBodies(long budget)
{
    private const int TimesFree = 3;

    private readonly Dictionary<TenantId, long> _byTenant = [];
    private readonly Lock _gate = new();
    private long _held;

    /// <summary>Reads a body. What it holds has to be given back by <see cref="Release"/>.</summary>
    /// <param name="context">The request; it was admitted.</param>
    /// <param name="limit">The most bytes that this one may have.</param>
    /// <returns>The body, which may be empty, or why there is none.</returns>
    public async ValueTask<(byte[]? Body, BodyFault Fault)> ReadAsync(HttpContext context, int limit)
    {
        // The bound is the relay's own; the server's would cut the connection in place of an answer.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Request.ContentLength > limit) return (null, BodyFault.TooBig);
        var tenant = Admitted.Of(context).Tenant;
        var length = 0;
        var body = new byte[(int)Math.Min(context.Request.ContentLength ?? 4096, 64 * 1024)];
        try
        {
            while (true)
            {
                if (length == body.Length) Array.Resize(ref body, (int)Math.Min(Math.Max(2L * body.Length, 4096), context.Request.ContentLength ?? (limit + 1L)));
                var read = await context.Request.Body.ReadAsync(body.AsMemory(length), context.RequestAborted);
                if (read == 0) break;
                if (length + read > limit) return Refuse(tenant, length, BodyFault.TooBig);
                if (!TryTake(tenant, read, limit)) return Refuse(tenant, length, BodyFault.Busy);
                length += read;
                if (length == context.Request.ContentLength) break;
            }
        }
        catch (BadHttpRequestException e)
        {
            return Refuse(tenant, length, e.StatusCode == StatusCodes.Status408RequestTimeout ? BodyFault.TooSlow : BodyFault.Unreadable);
        }
        catch (Exception)
        {
            Release(tenant, length);
            throw;
        }

        context.Features.Get<RequestMeter>()?.Took(length);
        return (body.Length == length ? body : body[..length], BodyFault.None);
    }

    /// <summary>A body is not held any more.</summary>
    public void Release(TenantId tenant, int length)
    {
        if (length == 0) return;
        lock (_gate)
        {
            _held -= length;
            if ((_byTenant[tenant] -= length) == 0) _byTenant.Remove(tenant);
        }
    }

    private bool TryTake(TenantId tenant, int bytes, int one)
    {
        lock (_gate)
        {
            var (all, its) = (_held + bytes, _byTenant.GetValueOrDefault(tenant) + bytes);
            if (all > budget || (its > one && its > TimesFree * (budget - all))) return false;
            (_held, _byTenant[tenant]) = (all, its);
            return true;
        }
    }

    private (byte[]?, BodyFault) Refuse(TenantId tenant, int held, BodyFault fault)
    {
        Release(tenant, held);
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
