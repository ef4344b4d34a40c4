using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>
/// Judges tokens and keys against what the tenants trust now. The order is that of cost: looks, issuer, key and algorithm first, the signature only when all of
/// these are right, and of one address not without end.
/// </summary>
internal sealed class TokenVerifier
{
    private const int MaxPeerIds = 64;
    private const int MaxScopes = 256;

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = TokenOutline.MaxLength, MapInboundClaims = false };

    private readonly TenantDirectory _tenants;
    private readonly JwkSets _jwks;
    private readonly FailureBudget _failures;
    private readonly TimeProvider _time;
    private readonly VerifiedTokens _verified = new();
    private volatile TrustIndex _trust;

    public TokenVerifier(TenantDirectory tenants, JwkSets jwks, TimeProvider time)
    {
        (_tenants, _jwks, _time) = (tenants, jwks, time);
        _failures = new(tenants.Settings.Auth.MaxFailuresPerSecond, time);
        _trust = new(tenants);
    }

    // Made anew with the first request after a change.
    private TrustIndex Trust => _trust.IsOf(_tenants) ? _trust : _trust = new(_tenants);

    /// <summary>Judges a token or an API key.</summary>
    /// <param name="credential">It.</param>
    /// <param name="address">From where it comes.</param>
    public ValueTask<Judgement> JudgeAsync(string credential, System.Net.IPAddress? address) =>
        ApiKeyHash.LooksLikeKey(credential) ? new(JudgeKey(ApiKeyHash.Of(credential))) : JudgeTokenAsync(credential, address);

    /// <summary>Fetches key sets that are old.</summary>
    public void RefreshSets() => _jwks.Refresh(Trust.Uses);

    /// <summary>Whether what somebody was admitted by is still trusted.</summary>
    public bool IsTrusted(TenantId tenant, string? credential) => credential is null || Trust.Has(tenant, credential);

    private Judgement JudgeKey(ApiKeyHash hash)
    {
        if (Trust.FindKey(hash) is not { } holder) return new(AuthFault.UnknownApiKey);
        if (holder.Key.Expires <= _time.GetUtcNow()) return new(AuthFault.Expired);
        var tenant = holder.Tenant?.Id;
        var identity = tenant is { } of && holder.Key.UserId.Length > 0
            ? new UserIdentity(of.Name, holder.Key.UserId) { Scopes = [.. holder.Key.Scopes], Expires = holder.Key.Expires }
            : null;
        var roles = holder.IsRelayOperator ? Roles.RelayOperator : holder.Key.Roles.Aggregate(Roles.None, static (all, role) => all | role);
        return new(AuthFault.None, new(tenant ?? default, identity) { Roles = roles, Expires = holder.Key.Expires, Credential = hash.Sha256 });
    }

    private async ValueTask<Judgement> JudgeTokenAsync(string token, System.Net.IPAddress? address)
    {
        var key = VerifiedTokens.KeyOf(token);
        if (_verified.Find(key) is { } known && IsTrusted(known)) return InTime(known);
        if (!_failures.Allows(address)) return new(AuthFault.TooManyFailures);
        if (TokenOutline.Read(token) is not { } outline) return new(AuthFault.Malformed);
        if (Trust.Find(outline) is not { } trust) return new(AuthFault.UnknownIssuer);
        if (await FindKeyAsync(trust, outline) is not { } signer) return new(AuthFault.UnknownKey);
        if (outline.Algorithm != signer.Algorithm) return new(AuthFault.WrongAlgorithm);
        if (!await IsSignedAsync(token, trust, signer))
        {
            _failures.Failed(address);
            return new(AuthFault.BadSignature);
        }

        if (outline.Moment("exp") is not { } expires) return new(AuthFault.NoExpiry);
        if (Identify(trust, signer, outline, expires) is not { } identity) return new(AuthFault.BadClaims);
        var verified = new Verified(trust, signer, identity, outline.Moment("nbf"));
        if (outline.Claims.TryGetProperty("nbf", out _) && verified.NotBefore is null) return new(AuthFault.BadClaims);
        _verified.Add(key, verified);
        return InTime(verified);
    }

    // Two indexes of the same settings have different objects: what was verified under the older one is verified again, once.
    private bool IsTrusted(Verified verified) =>
        Trust.Has(verified.Trust) && (verified.Trust.Keys.Contains(verified.Key) || _jwks.Has(verified.Trust, verified.Key));

    private Judgement InTime(Verified verified)
    {
        var (now, skew) = (_time.GetUtcNow(), verified.Trust.Auth.ClockSkew);
        if (verified.NotBefore > now + skew) return new(AuthFault.NotYetValid);
        return new(verified.Identity.Expires <= now ? AuthFault.Expired : AuthFault.None, verified.Identity);
    }

    private async ValueTask<TrustedKey?> FindKeyAsync(TenantTrust trust, TokenOutline token)
    {
        // A token without a key id is signed by the only key there is.
        if (token.KeyId is not { } id) return trust.Keys.Length == 1 && trust.Auth.JwksUrl.Length == 0 ? trust.Keys[0] : null;
        foreach (var key in trust.Keys)
            if (key.Id == id) return key;
        return trust.Auth.JwksUrl.Length > 0 && id.Length <= Ids.MaxBytes ? await _jwks.FindAsync(trust, id) : null;
    }

    private static async ValueTask<bool> IsSignedAsync(string token, TenantTrust trust, TrustedKey key)
    {
        var result = await Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = [key.Algorithm],
            ValidIssuer = trust.Auth.Issuer,
            ValidAudiences = trust.Auth.Audience,
            IssuerSigningKeys = [key.Key],

            // The key was found by its id, and no other is tried.
            IssuerSigningKeyResolver = (_, _, _, _) => [key.Key],
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,

            // By the relay's clock, below.
            ValidateLifetime = false,
        });
        return result.IsValid;
    }

    private static IdentityResult? Identify(TenantTrust trust, TrustedKey signer, TokenOutline token, DateTimeOffset expires)
    {
        var tenant = trust.Tenant.Id;
        var end = expires + trust.Auth.ClockSkew;
        UserIdentity? identity = null;
        if (token.Claims.TryGetProperty("sub", out _))
        {
            if (token.Text("sub") is not { } user || !Ids.IsValid(user)) return null;
            if (Scopes(token) is not { Count: <= MaxScopes } scopes) return null;
            identity = new(tenant.Name, user) { Scopes = [.. scopes], Metadata = Metadata(token), Expires = end };
        }

        var peers = token.Texts("peers");
        if (peers.Count > MaxPeerIds || !peers.All(Ids.IsValid)) return null;
        var roles = token.Claims.TryGetProperty(trust.Auth.RolesClaim, out _) ? RoleTable.Read(token.Texts(trust.Auth.RolesClaim, ' ')) : Roles.User;
        return new(tenant, identity) { Roles = roles, PeerIds = [.. peers], Expires = end, Credential = trust.CredentialOf(signer) };
    }

    private static List<string> Scopes(TokenOutline token) => [.. token.Texts("scope", ' ').Concat(token.Texts("scp", ' ')).Distinct(StringComparer.Ordinal)];

    private static JsonElement Metadata(TokenOutline token) =>
        token.Claims.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? metadata : default;
}

/// <summary>What was found of a credential.</summary>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="Identity">Who it is; also where all that is wrong is that it ran out.</param>
internal readonly record struct Judgement(AuthFault Fault, IdentityResult? Identity = null);
