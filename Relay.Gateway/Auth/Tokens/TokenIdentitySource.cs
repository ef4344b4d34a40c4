using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Auth.Tokens;

/// <summary><c>auth.mode: token</c>: a signed token or an API key says who it is and whose. Whoever has proven nothing learns nothing, not even which tenants there are.</summary>
internal sealed class TokenIdentitySource(TokenVerifier verifier, TenantDirectory tenants, GatewayCounters counters, AuthLog log) : IIdentitySource
{
    private static readonly Refusal Malformed = new(
        StatusCodes.Status400BadRequest, "bad_identity", "The request carries several credentials, or one that is not written as it has to be.");

    private static readonly Refusal Missing = new(
        StatusCodes.Status401Unauthorized, "unauthenticated", "A token or an API key is needed: Authorization: Bearer, access_token, or the subprotocol bearer.");

    private static readonly Refusal Invalid = new(StatusCodes.Status401Unauthorized, "invalid_token", "The credential is not valid here.");

    private static readonly Refusal Foreign = new(StatusCodes.Status403Forbidden, "wrong_tenant", "The credential is of another tenant than the one in the path.");

    private static readonly Refusal TooMany = new(StatusCodes.Status429TooManyRequests, "too_many_failures", "Too many tokens from this address were not valid; try again later.");

    public async ValueTask<IdentityResult> IdentifyAsync(HttpContext context, TenantId? asked, Access access)
    {
        var address = context.Connection.RemoteIpAddress;
        if (!Credentials.TryFind(context.Request, out var credential)) return Refuse(context, AuthFault.Malformed, Malformed);
        if (credential is null) return Refuse(context, AuthFault.Missing, Missing);
        var judgement = await verifier.JudgeAsync(credential, address);
        if (judgement.Identity is not { } identity) return Refuse(context, judgement.Fault, judgement.Fault == AuthFault.TooManyFailures ? TooMany : Invalid);

        // The relay's operators are of no tenant: whose things they want is what the path says.
        if (identity.Roles == Roles.RelayOperator) identity = identity with { Tenant = asked ?? TenantId.Default };
        if (asked is { } other && other != identity.Tenant) return Refuse(context, AuthFault.WrongTenant, Foreign);
        if (judgement.Fault == AuthFault.Expired) return Refuse(context, AuthFault.Expired, Expired(identity.Tenant));
        if (judgement.Fault != AuthFault.None) return Refuse(context, judgement.Fault, Invalid);
        return identity;
    }

    public bool IsTrusted(TenantId tenant, string? credential) => verifier.IsTrusted(tenant, credential);

    private IdentityResult Refuse(HttpContext context, AuthFault fault, Refusal refusal)
    {
        counters.CredentialRefused(fault);
        log.Refused(context.Connection.RemoteIpAddress, fault);
        if (refusal.Status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer";
        if (refusal.Status == StatusCodes.Status429TooManyRequests) context.Response.Headers.RetryAfter = "1";
        return IdentityResult.Refused(refusal);
    }

    // It was good once, so an upgrade is due to it: a page learns from the close code that it needs a fresh one.
    private Refusal Expired(TenantId tenant) => new(StatusCodes.Status401Unauthorized, "token_expired", "The token has run out.")
    {
        Closes = tenants.Find(tenant) is { } of ? (of, ErrorCode.TokenExpired) : null,
    };
}
