using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Api;

/// <summary>What the operations of <c>/api/v1</c> have in common. Each of them has answered the request itself when it says that there is nothing to go on with.</summary>
internal static class ApiRequest
{
    /// <summary>Begins an operation: its answer is not to be kept, and its tenant has to be one that is served.</summary>
    public static async ValueTask<bool> BeginAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var (settings, tenant) = (context.RequestServices.GetRequiredService<RelaySettings>(), RequestTenant.Of(context).Name);
        if (settings.HasTenant(tenant) && !settings.IsSuspended(tenant)) return true;
        if (settings.HasTenant(tenant)) await ApiError.WriteAsync(context, StatusCodes.Status403Forbidden, "tenant_suspended", "The tenant is suspended.");
        else await ApiError.WriteAsync(context, StatusCodes.Status404NotFound, "unknown_tenant", "There is no such tenant.");
        return false;
    }

    /// <summary>Begins an operation that changes something: any page may send a POST, and the answer that it does not get would come too late.</summary>
    public static async ValueTask<bool> BeginChangeAsync(HttpContext context)
    {
        if (context.RequestServices.GetRequiredService<OriginPolicy>().Allows(context.Request)) return await BeginAsync(context);
        await ApiError.WriteAsync(context, StatusCodes.Status403Forbidden, "origin_not_allowed", "Pages of this origin may not do this; see server.allowed_origins.");
        return false;
    }

    /// <summary>Which part of a list is asked for.</summary>
    public static async ValueTask<(string? After, int Limit)?> ReadPageAsync(HttpContext context)
    {
        if (Paging.TryRead(context.Request.Query, out var after, out var limit, out var error)) return (after, limit);
        await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, error.Error, error.Message);
        return null;
    }
}
