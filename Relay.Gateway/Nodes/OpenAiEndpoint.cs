using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Nodes;

/// <summary>The addresses under <c>/v1/</c>: an OpenAI-compatible API whose calls run on the tenant's nodes. Every refusal has the shape of that API's errors.</summary>
internal sealed class OpenAiEndpoint(
    TenantDirectory tenants, ConnectionRegistry registry, IIdentitySource identities, CallEndpoint calls, ModelsEndpoint models, StreamsEndpoint streams)
{
    public Task HandleAsync(HttpContext context, IRelayPath path)
    {
        Func<Caller, Task>? handle = path.Segments switch
        {
            ["v1", "chat", "completions"] or ["v1", "completions"] or ["v1", "embeddings"] =>
                Of(context, HttpMethods.Post) ? caller => calls.HandleAsync(context, caller, "/" + string.Join('/', path.Segments)) : null,
            ["v1", "models"] => Of(context, HttpMethods.Get) ? caller => models.ListAsync(context, caller.Tenant) : null,
            ["v1", "models", _, ..] => Of(context, HttpMethods.Get) ? caller => models.GetAsync(context, caller.Tenant, string.Join('/', path.Segments.Skip(2))) : null,
            ["v1", "streams", var id] => HttpMethods.IsDelete(context.Request.Method) ? caller => streams.StopAsync(context, caller, id)
                : Of(context, HttpMethods.Get, HttpMethods.Delete) ? caller => streams.ReadAsync(context, caller, id) : null,
            _ => _ => new CallError(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address.").WriteAsync(context),
        };
        if (Refusal(context, path.Tenant, out var who) is { } refusal) return refusal.WriteAsync(context);
        return handle is not null ? handle(who) : new CallError(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "This address does not take the method; see Allow.").WriteAsync(context);
    }

    private static bool Of(HttpContext context, string method, string? other = null)
    {
        if (HttpMethods.Equals(context.Request.Method, method)) return true;
        context.Response.Headers.Allow = other is null ? method : $"{method}, {other}";
        return false;
    }

    private CallError? Refusal(HttpContext context, TenantId tenant, out Caller caller)
    {
        caller = null!;
        if (tenants.Find(tenant) is not { } policy) return new(StatusCodes.Status404NotFound, "unknown_tenant", "There is no such tenant.");
        if (policy.IsSuspended) return new(StatusCodes.Status403Forbidden, "tenant_suspended", "The tenant is suspended.");
        // Any page may send a POST like these; the answer that it does not get would come too late.
        if (!OriginPolicy.Allows(context.Request, policy)) return new(StatusCodes.Status403Forbidden, "origin_not_allowed", "Pages of this origin may not call; see server.allowed_origins.");
        var found = identities.Identify(context, tenant);
        if (found.Fault is { } fault) return new(StatusCodes.Status400BadRequest, "bad_identity", fault);
        caller = new(tenant, found.Identity, CallerKey.Of(context, found.Identity));
        return registry.IsDraining ? CallError.GoingAway : null;
    }
}

/// <summary>Who calls.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Identity">The user, if anyone.</param>
/// <param name="Key">Tells callers apart: those of one key share their turns.</param>
internal sealed record Caller(TenantId Tenant, UserIdentity? Identity, string Key);
