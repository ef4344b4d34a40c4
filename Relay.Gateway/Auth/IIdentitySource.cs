using System.Collections.Frozen;
using Relay.Abstractions;
using Relay.Core;

namespace Relay.Gateway.Auth;

/// <summary>Tells whose connection a request asks for.</summary>
internal interface IIdentitySource
{
    /// <summary>Identifies the user.</summary>
    /// <param name="context">The request.</param>
    /// <param name="tenant">The tenant that the path names.</param>
    /// <returns>The identity, or why there is none.</returns>
    IdentityResult Identify(HttpContext context, TenantId tenant);

    /// <summary>Whether whoever connects says who it is, and peers do so in their address.</summary>
    bool BelievesEverybody => false;
}

/// <summary>Who it is. Without an identity and without a fault, the request names no user.</summary>
/// <param name="Identity">The identity.</param>
/// <param name="Fault">What is wrong with the request; it is answered 400 before there is a WebSocket.</param>
internal readonly record struct IdentityResult(UserIdentity? Identity, string? Fault = null)
{
    /// <summary>The ids under which the identity may appear as a peer, beside its user's id.</summary>
    public FrozenSet<string> PeerIds { get; init; } = FrozenSet<string>.Empty;
}
