using Relay.Gateway.Auth;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>What the operations of <c>/api/v1</c> have in common. Each of them has answered the request itself when it says that there is nothing to go on with.</summary>
internal static class ApiRequest
{
    /// <summary>Begins an operation: its answer is not to be kept, and its tenant has to be one that is served.</summary>
    public static async ValueTask<bool> BeginAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var tenant = Tenant(context);
        if (tenant is { IsSuspended: false }) return true;
        if (tenant is not null) await ApiError.WriteAsync(context, StatusCodes.Status403Forbidden, "tenant_suspended", "The tenant is suspended.");
        else await ApiError.WriteAsync(context, StatusCodes.Status404NotFound, "unknown_tenant", "There is no such tenant.");
        return false;
    }

    /// <summary>Begins an operation that changes something: any page may send a POST, and the answer that it does not get would come too late.</summary>
    public static async ValueTask<bool> BeginChangeAsync(HttpContext context)
    {
        if (Tenant(context) is not { } tenant || OriginPolicy.Allows(context.Request, tenant)) return await BeginAsync(context);
        await ApiError.WriteAsync(context, StatusCodes.Status403Forbidden, "origin_not_allowed", "Pages of this origin may not do this; see server.allowed_origins.");
        return false;
    }

    private static Tenant? Tenant(HttpContext context) => context.RequestServices.GetRequiredService<TenantDirectory>().Find(RequestTenant.Of(context));

    /// <summary>Which part of a list is asked for.</summary>
    public static async ValueTask<(string? After, int Limit)?> ReadPageAsync(HttpContext context)
    {
        if (Paging.TryRead(context.Request.Query, out var after, out var limit, out var error)) return (after, limit);
        await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, error.Error, error.Message);
        return null;
    }
}
