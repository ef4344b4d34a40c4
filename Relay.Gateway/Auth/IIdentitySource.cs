using System.Collections.Frozen;
using Relay.Abstractions;
using Relay.Core;

namespace Relay.Gateway.Auth;

/// <summary>Tells whose request it is, and so which tenant's.</summary>
internal interface IIdentitySource
{
    /// <summary>Identifies whoever asks.</summary>
    /// <param name="context">The request.</param>
    /// <param name="asked">The tenant that the path names, if any.</param>
    /// <param name="access">What is wanted.</param>
    /// <returns>The identity, or why there is none.</returns>
    ValueTask<IdentityResult> IdentifyAsync(HttpContext context, TenantId? asked, Access access);

    /// <summary>Whether what somebody was admitted by is still trusted.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="credential">By what it is known.</param>
    bool IsTrusted(TenantId tenant, string? credential) => true;

    /// <summary>Whether whoever connects says who it is, and peers do so in their address.</summary>
    bool BelievesEverybody => false;
}

/// <summary>Who it is. Without an identity and without a refusal, the request names no user.</summary>
/// <param name="Tenant">Whose request it is.</param>
/// <param name="Identity">The user, if anyone.</param>
internal readonly record struct IdentityResult(TenantId Tenant, UserIdentity? Identity)
{
    /// <summary>What is wrong with the request, or with who asks.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>What it is for.</summary>
    public Roles Roles { get; init; } = Roles.All;

    /// <summary>By what it is known later whether it is still trusted: the hash of an API key, or the issuer and key of a token. No secret.</summary>
    public string? Credential { get; init; }

    /// <summary>The ids under which the identity may appear as a peer, beside its user's id.</summary>
    public FrozenSet<string> PeerIds { get; init; } = FrozenSet<string>.Empty;

    /// <summary>When it runs out, or null.</summary>
    public DateTimeOffset? Expires { get; init; } = Identity?.Expires;

    /// <summary>Nobody, and why.</summary>
    public static IdentityResult Refused(Refusal refusal) => new(default, null) { Refusal = refusal };
}
