using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Nodes;

/// <summary>The addresses under <c>/v1/</c>: an OpenAI-compatible API whose calls run on the tenant's nodes. Every refusal has the shape of that API's errors.</summary>
internal sealed class OpenAiEndpoint(
    ConnectionRegistry registry, Admission admission, CallEndpoint calls, ModelsEndpoint models, StreamsEndpoint streams, GatewayCounters counters)
{
    public async Task HandleAsync(HttpContext context, IRelayPath path)
    {
        context.Features.Set(counters.CallErrors);
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
        var (who, refusal) = await admission.DecideAsync(context, Access.Call);
        if (who is null) await new CallError(refusal!.Status, refusal.Code, refusal.Message).WriteAsync(context);
        else if (registry.IsDraining) await CallError.GoingAway.WriteAsync(context);
        else if (handle is not null) await handle(new(who.Tenant, who.Identity, CallerKey.Of(context, who.Identity), who.Policy.Settings.Nodes) { Meter = context.Features.Get<RequestMeter>() });
        else await new CallError(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "This address does not take the method; see Allow.").WriteAsync(context);
    }

    private static bool Of(HttpContext context, string method, string? other = null)
    {
        if (HttpMethods.Equals(context.Request.Method, method)) return true;
        context.Response.Headers.Allow = other is null ? method : $"{method}, {other}";
        return false;
    }
}

/// <summary>Who calls.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Identity">The user, if anyone.</param>
/// <param name="Key">Tells callers apart: those of one key share their turns.</param>
/// <param name="Options">What bounds the tenant's calls, now.</param>
internal sealed record Caller(TenantId Tenant, UserIdentity? Identity, string Key, RelayNodesOptions Options)
{
    /// <summary>What counts for the request, when it carries something.</summary>
    public RequestMeter? Meter { get; init; }
}
