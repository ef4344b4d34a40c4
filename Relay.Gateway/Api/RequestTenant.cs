using Relay.Core;
using Relay.Gateway.Endpoints;

namespace Relay.Gateway.Api;

/// <summary>Whose data a request is about.</summary>
internal static class RequestTenant
{
    public static TenantId Of(HttpContext context) => context.Features.Get<IRelayPath>()?.Tenant ?? TenantId.Default;
}
