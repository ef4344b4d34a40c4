using System.Collections.Frozen;
using System.Text.Json;

namespace Relay.Abstractions;

/// <summary>Who sent a message. A user's connections may differ in scopes and metadata, so it travels with each message.</summary>
/// <param name="Tenant">The tenant's name, 1 to 256 bytes of UTF-8.</param>
/// <param name="UserId">The user's id, 1 to 256 bytes of UTF-8, compared byte by byte.</param>
public sealed record UserIdentity(string Tenant, string UserId)
{
    /// <summary>What the identity may do; empty when authentication is off.</summary>
    public FrozenSet<string> Scopes { get; init; } = FrozenSet<string>.Empty;

    /// <summary>What the identity provider told of the user: a JSON object, or an undefined element when it told nothing.</summary>
    public JsonElement Metadata { get; init; }

    /// <summary>When the identity runs out, or null when it does not.</summary>
    public DateTimeOffset? Expires { get; init; }
}
