using System.Globalization;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Limits;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Auth;

/// <summary>
/// The one place that decides whether a request may do a thing, for WebSockets, <c>/v1</c> and <c>/api/v1</c> alike: who it is, whose tenant that makes it, whether
/// that one is served, whether the page that asks may, and whether whoever asks may do this.
/// </summary>
internal sealed class Admission(TenantDirectory tenants, IIdentitySource identities, LimitTable limits, GatewayCounters counters)
{
    /// <summary>The code of a refusal that is counted by itself.</summary>
    public const string OriginRefused = "origin_not_allowed";

    /// <summary>Decides. Whoever is admitted is the request's <see cref="Admitted"/> from here on.</summary>
    /// <param name="context">The request, behind the path middleware.</param>
    /// <param name="access">What it wants.</param>
    /// <returns>Who it is, or why not.</returns>
    public async ValueTask<(Admitted? Who, Refusal? Refusal)> DecideAsync(HttpContext context, Access access)
    {
        var found = await identities.IdentifyAsync(context, context.Features.Get<IRelayPath>()?.Tenant, access);
        if (found.Refusal is { } unknown) return (null, unknown);
        if ((access == Access.Administer ? tenants.Relay : tenants.Find(found.Tenant)) is not { } tenant)
        {
            return tenants.IsComplete
                ? (null, new(StatusCodes.Status404NotFound, "unknown_tenant", "There is no such tenant."))
                : (null, new(StatusCodes.Status503ServiceUnavailable, "unavailable", "The relay does not know yet which tenants there are."));
        }

        if (await TooMuchAsync(context, tenant.Id, found.Identity?.UserId, access) is { } limit)
        {
            if (limit.IsUnanswered) return (null, new(StatusCodes.Status503ServiceUnavailable, "unavailable", limit.Message));
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(limit.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return (null, new(StatusCodes.Status429TooManyRequests, "rate_limited", limit.Message));
        }

        // Any page may send a request; the answer that it does not get would come too late.
        if (!OriginPolicy.Allows(context.Request, tenant))
            return (null, new(StatusCodes.Status403Forbidden, OriginRefused, "Pages of this origin may not do this; see server.allowed_origins."));

        if ((found.Roles & RoleTable.For(access)) == 0)
        {
            counters.CredentialRefused(AuthFault.MissingRole);
            return (null, new(StatusCodes.Status403Forbidden, "forbidden", $"This needs the role {RoleTable.Text(RoleTable.For(access))}."));
        }

        if ((tenant.Jobs & TenantJobTable.For(access)) != TenantJobTable.For(access))
            return (null, new(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address."));

        if (tenant.IsSuspended)
            return (null, new(StatusCodes.Status403Forbidden, "tenant_suspended", "The tenant is suspended.") { Closes = (tenant, ErrorCode.TenantSuspended) });

        var who = new Admitted(tenant, found.Identity) { PeerIds = found.PeerIds, IsBelieved = identities.BelievesEverybody, Expires = found.Expires, Roles = found.Roles, Credential = found.Credential };
        context.Features.Set(who);
        return (who, null);
    }

    private async ValueTask<LimitRefusal?> TooMuchAsync(HttpContext context, TenantId tenant, string? userId, Access access)
    {
        if (await limits.TryConnectAsync(tenant, userId) is { } limit) return limit;
        if (access is not (Access.Call or Access.Publish) || !HttpMethods.IsPost(context.Request.Method)) return null;
        var (meter, refusal) = await limits.TryMessageAsync(tenant, userId);
        context.Features.Set(meter);
        return refusal;
    }
}
