using Relay.Core;
using Relay.Gateway.Auth;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Api;

/// <summary>The addresses under <c>/api/v1/</c>: finds the operation, and lets in who may have it done.</summary>
internal sealed class ApiEndpoint(ApiTable table, RelaySettings settings, OriginPolicy origins)
{
    public Task HandleAsync(HttpContext context, IRelayPath path)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!table.TryFind(context.Request.Method, path.Segments, out var operation, out var allowed))
        {
            if (allowed.Count == 0) return RefuseAsync(context, ApiFaults.NotFound);
            context.Response.Headers.Allow = string.Join(", ", allowed);
            return RefuseAsync(context, ApiFaults.MethodNotAllowed);
        }

        return Refusal(context, operation, path, out var page) is { } fault
            ? RefuseAsync(context, fault)
            : operation.Handle(new(context, operation, path.Tenant, path.Segments, page));
    }

    private static Task RefuseAsync(HttpContext context, ApiFault fault) => ApiError.WriteAsync(context, fault.Status, fault.Error, fault.Message);

    private ApiFault? Refusal(HttpContext context, ApiOperation operation, IRelayPath path, out Page page)
    {
        page = default;
        // Any page may send a POST, and the answer that it does not get would come too late.
        if (operation.Changes && !origins.Allows(context.Request)) return ApiFaults.OriginNotAllowed;
        if (!settings.HasTenant(path.Tenant.Name)) return ApiFaults.UnknownTenant;
        if (settings.IsSuspended(path.Tenant.Name)) return ApiFaults.TenantSuspended;
        foreach (var name in operation.Ids)
            if (!Ids.IsValid(operation.IdOf(name, path.Segments))) return ApiFaults.BadId(name);
        return operation.IsPaged ? Paging.Read(context.Request.Query, out page) : null;
    }
}
