using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Endpoints;

namespace Relay.Gateway.Auth;

/// <summary><c>auth.mode: none</c>: whoever connects says who they are, as <c>?user_id=</c>.</summary>
internal sealed class OpenIdentitySource : IIdentitySource
{
    public bool BelievesEverybody => true;

    public IdentityResult Identify(HttpContext context, TenantId tenant)
    {
        if (!RelayPath.TryQuery(context.Request.QueryString.Value ?? "", "user_id", out var userId))
            return new(null, "The parameter user_id stands twice or has a malformed escape.");
        if (string.IsNullOrEmpty(userId)) return new(null);
        if (!Ids.IsValid(userId)) return new(null, "A user id is 1 to 256 bytes of UTF-8 without U+0000.");
        return new(new UserIdentity(tenant.Name, userId));
    }
}
