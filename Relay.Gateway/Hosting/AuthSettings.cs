using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Relay.Core;
using Relay.Gateway.Auth;
using Relay.Gateway.Auth.Tokens;
using Relay.Gateway.Tenants;
using static Relay.Gateway.Hosting.SettingTypes;

namespace Relay.Gateway.Hosting;

/// <summary>The rows of <see cref="SettingsMap"/> about who is believed, and the rules over them.</summary>
internal static class AuthSettings
{
    private const int MinSecretBytes = 32;
    private const int MaxName = 256;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly SettingType<AuthMode> Mode = OneOf(("none", AuthMode.None), ("token", AuthMode.Token));

    private static readonly SettingType<string> Name = Checked($"at most {MaxName} characters", static text => text.Length <= MaxName && !text.Any(char.IsControl));

    private static readonly SettingType<string> JwksUrl = Checked(
        "an https URL (http only of this machine), or empty",
        static text => text.Length == 0 || (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))));

    private static readonly SettingType<string> PublicKey = Checked(
        "a public key as PEM: RSA of at least 2048 bits, or P-256", static text => text.Length == 0 || TrustedKey.TryReadPem("", text, out _));

    // Whatever stands there fits, and a check says that it is no hash: a fault of the type would quote it, and it may be the key itself.
    private static readonly SettingType<ApiKeyHash> Hash = new(
        "a hash",
        static (string text, out ApiKeyHash hash) =>
        {
            ApiKeyHash.TryRead(text, out hash);
            return true;
        },
        static hash => hash.Text);

    private static readonly SettingType<Roles> Role = OneOf([.. RoleTable.Names]);

    private static readonly SettingType<string> Scope = Checked("a scope: 1 to 256 characters without spaces", static text => text.Length is > 0 and <= MaxName && !text.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)));

    private static readonly SettingType<string> UserId = Checked($"1 to {Ids.MaxBytes} bytes, or empty", static text => text.Length == 0 || Ids.IsValid(text));

    private static readonly SettingType<DateTimeOffset?> Moment = new(
        "a time such as 2027-01-31T00:00:00Z, or empty",
        static (string text, out DateTimeOffset? value) =>
        {
            value = null;
            if (text.Length == 0) return true;
            var fits = DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read);
            value = read;
            return fits;
        },
        static value => value?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "");

    private static readonly SettingGroup<RelayAuthOptions> Auth = new("auth", s => s.Auth, (s, v) => s with { Auth = v });
    private static readonly SettingGroup<RelayAuthOptions> OfTenant = Auth.PerTenant;

    private static readonly NamedMap<RelayKeyOptions> Keys = new(
        "auth.keys", s => s.Auth.Keys, (s, v) => s with { Auth = s.Auth with { Keys = v } }, isPerTenant: true);

    private static readonly NamedMap<RelayApiKeyOptions> ApiKeys = new(
        "auth.api_keys", s => s.Auth.ApiKeys, (s, v) => s with { Auth = s.Auth with { ApiKeys = v } }, isPerTenant: true);

    private static readonly NamedMap<RelayApiKeyOptions> Operators = new(
        "auth.operators", s => s.Auth.Operators, (s, v) => s with { Auth = s.Auth with { Operators = v } });

    public static ImmutableArray<Setting> All { get; } =
    [
        Auth.Value("mode", Mode, o => o.Mode, (o, v) => o with { Mode = v },
            "none: whoever connects names its user. Refused unless server.host is a loopback address or auth.insecure is true. token: a signed token or an API key says who it is."),
        Auth.Value("insecure", Bool, o => o.Insecure, (o, v) => o with { Insecure = v },
            "Accept auth.mode none on an address that others can reach."),
        Auth.Value("clock_skew", Duration(TimeSpan.Zero, TimeSpan.FromMinutes(5)), o => o.ClockSkew, (o, v) => o with { ClockSkew = v },
            "How far the clocks of those who sign tokens may be off."),
        Auth.Value("expiry_notice", Duration(Second, Hour), o => o.ExpiryNotice, (o, v) => o with { ExpiryNotice = v },
            "How long before its token runs out a connection is told, so that it can send a fresh one."),
        Auth.Value("max_failures_per_second", Int(0, 1_000_000), o => o.MaxFailuresPerSecond, (o, v) => o with { MaxFailuresPerSecond = v },
            "Tokens of one address whose signature was wrong; beyond it tokens that are not known yet are answered 429 unread. Behind a proxy all clients have its address. 0: no limit."),
        OfTenant.Value("issuer", Name, o => o.Issuer, (o, v) => o with { Issuer = v },
            "Who signs tokens: their iss, exactly. Empty: no tokens, only API keys."),
        OfTenant.List("audience", Name, o => o.Audience, (o, v) => o with { Audience = v },
            "For whom tokens are signed: their aud must name one of these."),
        OfTenant.Value("tenant_claim", Name, o => o.TenantClaim, (o, v) => o with { TenantClaim = v },
            "The claim that must name the tenant. Needed where several tenants have the same issuer and audience."),
        OfTenant.Value("roles_claim", Name, o => o.RolesClaim, (o, v) => o with { RolesClaim = v },
            "The claim with the token's roles: user, node, tunnel, publisher, operator. A token without the claim is a user's."),
        OfTenant.Value("jwks_url", JwksUrl, o => o.JwksUrl, (o, v) => o with { JwksUrl = v },
            "Where the issuer's public keys are, as a JWK set; beside auth.keys."),
        OfTenant.Value("jwks_refresh", Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)), o => o.JwksRefresh, (o, v) => o with { JwksRefresh = v },
            "How often it is fetched anew; an unknown key id fetches it at once, but not twice in 30 s."),
        Keys.Row(static group => group.Value("secret", SettingForms.Secret, o => o.Secret, (o, v) => o with { Secret = v },
            "A key by its id (kid), for HS256: at least 32 bytes.")),
        Keys.Row(static group => group.Value("public_key", PublicKey, o => o.PublicKey, (o, v) => o with { PublicKey = v },
            "A key by its id (kid), as PEM: RSA for RS256, P-256 for ES256.")),
        ApiKeys.Row(static group => group.Value("hash", Hash, o => o.Hash, (o, v) => o with { Hash = v },
            "An API key by a name of your own, as relay-agent token key prints its hash. Two at a time while one takes the place of the other.")),
        ApiKeys.Row(static group => group.List("roles", Role, o => o.Roles, (o, v) => o with { Roles = v },
            "What it is for.")),
        ApiKeys.Row(static group => group.List("scopes", Scope, o => o.Scopes, (o, v) => o with { Scopes = v },
            "The scopes that it has for plugins.")),
        ApiKeys.Row(static group => group.Value("user_id", UserId, o => o.UserId, (o, v) => o with { UserId = v },
            "The user that it is, for hubs, peers and the limits of tunnels. Empty: nobody.")),
        ApiKeys.Row(static group => group.Value("expires", Moment, o => o.Expires, (o, v) => o with { Expires = v },
            "When it ends. Empty: never.")),
        Operators.Row(static group => group.Value("hash", Hash, o => o.Hash, (o, v) => o with { Hash = v },
            "A key of those who run the relay, for all tenants and the API of tenants.")),
        Operators.Row(static group => group.Value("expires", Moment, o => o.Expires, (o, v) => o with { Expires = v },
            "When this one ends. Empty: never.")),
    ];

    /// <summary>Tenants whose tokens would be nobody's, because another one has their issuer and audience and the token does not say whose it is.</summary>
    public static IEnumerable<(string Tenant, string Origin, string Message)> SharedTrust(RelaySettings settings)
    {
        var known = new Dictionary<(string Issuer, string Audience), (string Tenant, RelayAuthOptions Auth)>();
        foreach (var (name, options) in settings.Tenants.OrderBy(static tenant => tenant.Key, StringComparer.Ordinal))
        {
            var auth = TenantSettings.Of(settings, options).Auth;
            if (auth.Issuer.Length == 0) continue;
            foreach (var audience in auth.Audience)
            {
                if (known.TryAdd((auth.Issuer, audience), (name, auth))) continue;
                var other = known[(auth.Issuer, audience)];
                if (auth.TenantClaim.Length > 0 && other.Auth.TenantClaim.Length > 0) continue;
                yield return (name, options.Overrides is [var first, ..] ? first.Origin : "", $"is needed, for the tenant {Readable.Quote(other.Tenant)} as well: both have the issuer {Readable.Quote(auth.Issuer)} and the audience {Readable.Quote(audience)}, and a token has to say whose it is");
                break;
            }
        }
    }

    public static ImmutableArray<SettingsCheck> Checks { get; } =
    [
        new(["auth.mode", "server.host", "auth.insecure"], (s, _) =>
            s.Auth.Mode == AuthMode.None && !s.Auth.Insecure && !SettingForms.IsLoopback(s.Server.Host)
                ? $"none is refused while server.host is {s.Server.Host}, where others can connect as anyone: "
                    + "use token, listen on a loopback address, or set auth.insecure to true"
                : null),
        new(["auth.audience", "auth.issuer"], (s, _) =>
            s.Auth.Issuer.Length > 0 && s.Auth.Audience.IsEmpty ? "is needed with auth.issuer: a token for another service of the same issuer must not do here" : null),
        new(["auth.keys.NAME.secret", "auth.keys.NAME.public_key"], (s, _) =>
            s.Auth.Keys.FirstOrDefault(static each => (each.Value.Secret.Length > 0) == (each.Value.PublicKey.Length > 0)) is { Key: { } name }
                ? $"of {Readable.Name(name)}: a key has a secret or a public_key, one of the two"
                : null),
        new(["auth.keys.NAME.secret"], (s, _) =>
            s.Auth.Keys.FirstOrDefault(static each => each.Value.Secret.Length > 0 && Encoding.UTF8.GetByteCount(each.Value.Secret) < MinSecretBytes) is { Key: { } name }
                ? $"of {Readable.Name(name)} is too short: at least {MinSecretBytes} bytes of random text"
                : null),
        new(["auth.issuer", "auth.keys.NAME.secret", "auth.keys.NAME.public_key", "auth.jwks_url"], (s, _) =>
            s.Auth.Issuer.Length == 0 && (!s.Auth.Keys.IsEmpty || s.Auth.JwksUrl.Length > 0) ? "is needed with auth.keys and auth.jwks_url: who signs" : null),
        new(["auth.api_keys.NAME.hash"], (s, _) =>
            s.Auth.ApiKeys.FirstOrDefault(static each => each.Value.Hash.IsEmpty) is { Key: { } name } ? NoHash(name) : null),
        new(["auth.api_keys.NAME.roles"], (s, _) =>
            s.Auth.ApiKeys.FirstOrDefault(static each => each.Value.Roles.IsEmpty) is { Key: { } name } ? $"of {Readable.Name(name)} is missing: a key without a role may do nothing" : null),
        new(["auth.operators.NAME.hash"], (s, _) =>
            s.Auth.Operators.FirstOrDefault(static each => each.Value.Hash.IsEmpty) is { Key: { } name } ? NoHash(name) : null),
    ];

    private static string NoHash(string name) => $"of {Readable.Name(name)} is missing, or is not what relay-agent token key prints as hash";
}
