using System.Collections.Frozen;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Auth;

/// <summary>Whoever was admitted. All keys of actors are made from it, and never from what a request says beside.</summary>
/// <param name="Policy">Whose request it is, and what that tenant may at this moment.</param>
/// <param name="Identity">The user, if anyone.</param>
internal sealed record Admitted(Tenant Policy, UserIdentity? Identity)
{
    /// <summary>Whose request it is.</summary>
    public TenantId Tenant => Policy.Id;

    /// <summary>The ids under which it may appear as a peer, beside its user's.</summary>
    public FrozenSet<string> PeerIds { get; init; } = FrozenSet<string>.Empty;

    /// <summary>What it is for.</summary>
    public Roles Roles { get; init; } = Roles.All;

    /// <summary>By what it is known later whether it is still trusted; null where everybody is believed.</summary>
    public string? Credential { get; init; }

    /// <summary>Whether it may appear as any peer, because everybody is believed.</summary>
    public bool IsBelieved { get; init; }

    /// <summary>When what it was admitted by runs out, or null.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Who was admitted to this request.</summary>
    /// <exception cref="InvalidOperationException">Nobody was: the operation has not asked.</exception>
    public static Admitted Of(HttpContext context) =>
        context.Features.Get<Admitted>() ?? throw new InvalidOperationException("The request was not admitted.");

    /// <summary>The identity that a connection carries: one without a user's id is nobody's.</summary>
    public UserIdentity OrNobody() => Identity ?? new(Tenant.Name, "") { Expires = Expires };

    /// <summary>Who it is as a peer: whoever it says while everybody is believed, and otherwise only itself or a peer that its identity declares.</summary>
    /// <returns>The identity, or why there is none.</returns>
    public (UserIdentity? Identity, CloseReason? Refusal) As(string peerId)
    {
        if (IsBelieved) return (new(Tenant.Name, peerId), null);
        if (Identity is null) return (null, CloseReason.MissingUserId);
        return Identity.UserId == peerId || PeerIds.Contains(peerId) ? (Identity, null) : (Identity, CloseReason.ForeignPeer);
    }
}

/// <summary>Why a request was not admitted. Each surface writes it in its own shape.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">For programs.</param>
/// <param name="Message">For people.</param>
internal sealed record Refusal(int Status, string Code, string Message)
{
    /// <summary>What a WebSocket of whose tenant is told by its close in place of the status, because a browser shows a page no status. Null where an upgrade is more than is due to whoever asks.</summary>
    public (Tenant Tenant, ErrorCode Error)? Closes { get; init; }
}
