using System.Collections.Immutable;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Hosting;

internal enum AuthMode
{
    None,
    Token,
}

/// <summary>Who is believed. What stands here for a tenant is that tenant's; what stands for the relay is every tenant's that says nothing else.</summary>
internal sealed record RelayAuthOptions
{
    public AuthMode Mode { get; init; }

    public bool Insecure { get; init; }

    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan ExpiryNotice { get; init; } = TimeSpan.FromSeconds(60);

    public int MaxFailuresPerSecond { get; init; } = 500;

    public string Issuer { get; init; } = "";

    public ImmutableArray<string> Audience { get; init; } = [];

    public string TenantClaim { get; init; } = "";

    public string RolesClaim { get; init; } = "relay_roles";

    public string JwksUrl { get; init; } = "";

    public TimeSpan JwksRefresh { get; init; } = TimeSpan.FromHours(1);

    /// <summary>By key id.</summary>
    public ImmutableSortedDictionary<string, RelayKeyOptions> Keys { get; init; } = ImmutableSortedDictionary.Create<string, RelayKeyOptions>(StringComparer.Ordinal);

    /// <summary>By a name of the operator's own.</summary>
    public ImmutableSortedDictionary<string, RelayApiKeyOptions> ApiKeys { get; init; } = ImmutableSortedDictionary.Create<string, RelayApiKeyOptions>(StringComparer.Ordinal);

    /// <summary>Keys of the relay's operators, who are no tenant's.</summary>
    public ImmutableSortedDictionary<string, RelayApiKeyOptions> Operators { get; init; } = ImmutableSortedDictionary.Create<string, RelayApiKeyOptions>(StringComparer.Ordinal);
}

/// <summary>A key that signs tokens: one of the two.</summary>
internal sealed record RelayKeyOptions
{
    /// <summary>For HS256.</summary>
    public string Secret { get; init; } = "";

    /// <summary>PEM, for RS256 or ES256.</summary>
    public string PublicKey { get; init; } = "";

    // A record prints all its members, and this one would print the secret.
    public override string ToString() => Secret.Length > 0 ? "a secret" : "a public key";
}

/// <summary>An API key, of which only the hash is kept.</summary>
internal sealed record RelayApiKeyOptions
{
    public ApiKeyHash Hash { get; init; }

    public ImmutableArray<Roles> Roles { get; init; } = [];

    public ImmutableArray<string> Scopes { get; init; } = [];

    public string UserId { get; init; } = "";

    public DateTimeOffset? Expires { get; init; }
}
