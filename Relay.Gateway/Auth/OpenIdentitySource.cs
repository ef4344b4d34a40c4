using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Endpoints;

namespace Relay.Gateway.Auth;

/// <summary><c>auth.mode: none</c>: whoever connects says who they are, as <c>?user_id=</c>, and whose they are, as <c>/t/{tenant}</c>.</summary>
internal sealed class OpenIdentitySource : IIdentitySource
{
    public bool BelievesEverybody => true;

    public ValueTask<IdentityResult> IdentifyAsync(HttpContext context, TenantId? asked, Access access) => new(Identify(context, asked ?? TenantId.Default));

    private static IdentityResult Identify(HttpContext context, TenantId tenant)
    {
        if (!RelayPath.TryQuery(context.Request.QueryString.Value ?? "", "user_id", out var userId))
            return BadIdentity("The parameter user_id stands twice or has a malformed escape.");
        if (string.IsNullOrEmpty(userId)) return new(tenant, null);
        if (!Ids.IsValid(userId)) return BadIdentity("A user id is 1 to 256 bytes of UTF-8 without U+0000.");
        return new(tenant, new UserIdentity(tenant.Name, userId));
    }

    private static IdentityResult BadIdentity(string message) => IdentityResult.Refused(new(StatusCodes.Status400BadRequest, "bad_identity", message));
}
