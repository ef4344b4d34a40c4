using System.Collections.Frozen;
using System.Collections.Immutable;
using Relay.Core;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>Whom the tenants trust at one moment, made from nothing but the settings: by issuer, and by API key.</summary>
internal sealed class TrustIndex
{
    private readonly FrozenDictionary<string, ImmutableArray<TenantTrust>> _issuers;
    private readonly FrozenDictionary<string, KeyHolder> _keys;
    private readonly FrozenSet<(TenantId Tenant, string Credential)> _credentials;

    private readonly object _edition;

    public TrustIndex(TenantDirectory directory)
    {
        // First: what changes while this is made has it made again.
        _edition = directory.Edition;
        var issuers = new Dictionary<string, ImmutableArray<TenantTrust>>(StringComparer.Ordinal);
        var keys = new Dictionary<string, KeyHolder>(StringComparer.Ordinal);
        foreach (var tenant in directory.Named)
        {
            var auth = tenant.Settings.Auth;
            if (auth.Issuer.Length > 0) issuers[auth.Issuer] = [.. issuers.GetValueOrDefault(auth.Issuer, []), new(tenant, auth)];

            // A key of several tenants would be nobody's: whose it is must not depend on what a request says.
            foreach (var (name, key) in auth.ApiKeys)
                if (!key.Hash.IsEmpty) keys[key.Hash.Sha256] = new(keys.ContainsKey(key.Hash.Sha256) ? null : tenant, name, key);
        }

        foreach (var (name, key) in directory.Settings.Auth.Operators)
            if (!key.Hash.IsEmpty) keys[key.Hash.Sha256] = new(null, name, key) { IsRelayOperator = !keys.ContainsKey(key.Hash.Sha256) };
        _credentials = issuers.Values.SelectMany(static all => all).SelectMany(static trust => trust.Credentials.Select(one => (trust.Tenant.Id, one))).ToFrozenSet();
        (_issuers, _keys) = (issuers.ToFrozenDictionary(StringComparer.Ordinal), keys.ToFrozenDictionary(StringComparer.Ordinal));
    }

    /// <summary>Whether this is what is trusted now.</summary>
    public bool IsOf(TenantDirectory directory) => ReferenceEquals(_edition, directory.Edition);

    /// <summary>Whether a tenant trusts so now.</summary>
    public bool Has(TenantTrust trust) => _issuers.GetValueOrDefault(trust.Auth.Issuer, []).Contains(trust);

    /// <summary>Whether a tenant still trusts an API key, or an issuer's key, by which somebody was admitted.</summary>
    public bool Has(TenantId tenant, string credential)
    {
        if (_keys.TryGetValue(credential, out var holder)) return holder.IsRelayOperator || holder.Tenant?.Id == tenant;
        return _credentials.Contains((tenant, JwkMark.SetOf(credential) ?? credential));
    }

    /// <summary>Whether any tenant's settings name a key set.</summary>
    public bool Uses(string issuer, string url) => _issuers.GetValueOrDefault(issuer, []).Any(trust => trust.Auth.JwksUrl == url);

    /// <summary>Whose API key it is, if anyone's.</summary>
    public KeyHolder? FindKey(ApiKeyHash hash) => _keys.GetValueOrDefault(hash.Sha256) is { } found && (found.Tenant is not null || found.IsRelayOperator) ? found : null;

    /// <summary>
    /// By whose trust a token would have to be judged: the one tenant with its issuer and audience, or the one that its claim names. When there is none, or
    /// several, it is nobody's token.
    /// </summary>
    public TenantTrust? Find(TokenOutline token)
    {
        TenantTrust? found = null;
        var audience = token.Texts("aud");
        foreach (var trust in _issuers.GetValueOrDefault(token.Issuer, []))
        {
            if (!trust.IsFor(audience) || !trust.IsNamedBy(token)) continue;
            if (found is not null) return null;
            found = trust;
        }

        return found;
    }
}

/// <summary>Whom one tenant trusts to sign tokens.</summary>
internal sealed class TenantTrust(Tenant tenant, RelayAuthOptions auth)
{
    public Tenant Tenant => tenant;

    public RelayAuthOptions Auth => auth;

    /// <summary>The keys of the settings.</summary>
    public ImmutableArray<TrustedKey> Keys { get; } = [.. auth.Keys.Select(static each => Read(each.Key, each.Value)).OfType<TrustedKey>()];

    /// <summary>By what it is known that somebody was admitted by a key.</summary>
    public string CredentialOf(TrustedKey key) => Keys.Contains(key) ? Mark(key) : JwkMark.Of(auth.Issuer, auth.JwksUrl, key);

    /// <summary>All that such marks may be; of a key set the set's, whose own keys come and go.</summary>
    public IEnumerable<string> Credentials => [.. Keys.Select(Mark), .. auth.JwksUrl.Length > 0 ? (string[])[JwkMark.OfSet(auth.Issuer, auth.JwksUrl)] : []];

    private string Mark(TrustedKey key) => $"{auth.Issuer}\n{key.Id}\n{Convert.ToHexStringLower(key.Key.ComputeJwkThumbprint())}";

    public bool IsFor(IReadOnlyList<string> audience) => auth.Audience.Any(each => audience.Contains(each, StringComparer.Ordinal));

    public bool IsNamedBy(TokenOutline token) => auth.TenantClaim.Length == 0 || token.Text(auth.TenantClaim) == tenant.Id.Name;

    private static TrustedKey? Read(string id, RelayKeyOptions key)
    {
        if (key.Secret.Length > 0) return TrustedKey.OfSecret(id, key.Secret);
        return TrustedKey.TryReadPem(id, key.PublicKey, out var read) ? read : null;
    }
}

/// <summary>Whose an API key is.</summary>
/// <param name="Tenant">The tenant, or null: the relay's operators', or nobody's.</param>
/// <param name="Name">The key's name in the settings.</param>
/// <param name="Key">The key.</param>
internal sealed record KeyHolder(Tenant? Tenant, string Name, RelayApiKeyOptions Key)
{
    public bool IsRelayOperator { get; init; }
}
