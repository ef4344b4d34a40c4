using Relay.Core;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>The addresses under <c>/api/v1/</c>: finds the operation, lets in who may have it done, and reads what it is given.</summary>
internal sealed class ApiEndpoint(ApiTable table, Admission admission, ConnectionRegistry registry, TenantDirectory tenants, GatewayCounters counters, ILogger<ApiEndpoint> logger)
{
    // Bodies of all callers together; each is bounded by its operation.
    private const long BodyBudget = 64 * 1024 * 1024;

    private readonly RequestBodies _bodies = new(BodyBudget);

    public async Task HandleAsync(HttpContext context, IRelayPath path)
    {
        context.Features.Set(counters.ApiErrors);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!table.TryFind(context.Request.Method, path.Segments, out var operation, out var allowed))
        {
            if (allowed.Count > 0) context.Response.Headers.Allow = string.Join(", ", allowed);
            await RefuseAsync(context, allowed.Count == 0 ? ApiFaults.NotFound : ApiFaults.MethodNotAllowed);
        }
        else if (await DecideAsync(context, operation) is { Refusal: { } refusal })
        {
            await ApiError.WriteAsync(context, refusal.Status, refusal.Code, refusal.Message);
        }
        else if (registry.IsDraining && operation.Changes)
        {
            // Another relay does it whole; here the end might come in the midst of it.
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, ApiFaults.GoingAway);
        }
        else if (Fault(context, operation, path, out var page) is { } fault)
        {
            await RefuseAsync(context, fault);
        }
        else
        {
            await PerformAsync(context, operation, path, page);
        }
    }

    private ValueTask<(Admitted? Who, Refusal? Refusal)> DecideAsync(HttpContext context, ApiOperation operation)
    {
        context.Features.Get<RequestSpan>()?.Route(operation.Method, operation.Path);
        return admission.DecideAsync(context, operation.Access);
    }

    private static Task RefuseAsync(HttpContext context, ApiFault fault) => ApiError.WriteAsync(context, fault.Status, fault.Error, fault.Message);

    private static ApiFault? Fault(HttpContext context, ApiOperation operation, IRelayPath path, out Page page)
    {
        page = default;
        // What the relay has, the tenant may still not.
        if ((Admitted.Of(context).Policy.Jobs & operation.Job) != operation.Job) return ApiFaults.NotFound;
        foreach (var name in operation.Ids)
            if (!Ids.IsValid(operation.IdOf(name, path.Segments))) return ApiFaults.BadId(name);
        return operation.IsPaged ? Paging.Read(context.Request.Query, out page) : null;
    }

    private async Task PerformAsync(HttpContext context, ApiOperation operation, IRelayPath path, Page page)
    {
        byte[] body = [];
        try
        {
            if (operation.Body is { } takes)
            {
                var (read, fault) = await _bodies.ReadAsync(context, takes.Limit(Admitted.Of(context).Policy.Settings));
                if (read is null)
                {
                    await RefuseAsync(context, Fault(takes, fault));
                    return;
                }

                body = read;
            }

            await KeyedRequests.PerformAsync(new(context, operation, Admitted.Of(context), path.Segments, body, page));
            if (operation is { Access: Access.Administer, Changes: true }) LogAdministered(context, operation, path, Admitted.Of(context));
        }
        catch (Exception e) when ((e is OperationCanceledException or IOException) && context.RequestAborted.IsCancellationRequested)
        {
            // Whoever has left gets no answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            ApiLog.Failed(logger, operation.Id, e);
            await RefuseAsync(context, ApiFaults.Unavailable);
        }
        finally
        {
            _bodies.Release(Admitted.Of(context).Tenant, body.Length);
        }
    }

    // What operators change has to be found again, also when it did not come about.
    private void LogAdministered(HttpContext context, ApiOperation operation, IRelayPath path, Admitted who)
    {
        var by = who.IsBelieved ? "whoever can reach the relay" : tenants.Settings.Auth.Operators.FirstOrDefault(key => key.Value.Hash.Sha256 == who.Credential).Key ?? "a key that is gone";
        ApiLog.Administered(logger, operation.Id, string.Join('/', operation.Ids.Select(id => operation.IdOf(id, path.Segments))), context.Response.StatusCode, by);
    }

    private static ApiFault Fault(ApiBody takes, BodyFault fault) => fault switch
    {
        BodyFault.TooBig => takes.TooBig,
        BodyFault.Busy => ApiFaults.Busy,
        BodyFault.None or BodyFault.TooSlow or BodyFault.Unreadable => ApiFaults.BodyTooSlow,
    };
}
