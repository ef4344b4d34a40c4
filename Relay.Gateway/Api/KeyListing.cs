using System.Text.Json.Serialization;
using Relay.Gateway.Auth;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Api;

/// <summary>The answer of <c>GET /api/v1/tenants/{tenant}/keys</c>.</summary>
/// <param name="Total">API keys of the tenant.</param>
/// <param name="Keys">Those asked for, in the order of their names.</param>
/// <param name="Next">What to give as <c>after</c> for the next part, or null at the end.</param>
internal sealed record KeyListing(int Total, IReadOnlyList<KeyItem> Keys, string? Next);

/// <summary>An API key, without the key.</summary>
internal sealed record KeyItem(string Name, string Prefix, IReadOnlyList<string> Roles, IReadOnlyList<string> Scopes, string? UserId, DateTimeOffset? Expires)
{
    public static KeyItem Of(string name, RelayApiKeyOptions key) => new(
        name,
        key.Hash.Prefix ?? "",
        [.. RoleTable.Names.Where(each => key.Roles.Contains(each.Role)).Select(static each => each.Name)],
        key.Scopes,
        key.UserId.Length == 0 ? null : key.UserId,
        key.Expires);
}

/// <summary>What a new key is to be.</summary>
/// <param name="Name">Its name among the tenant's.</param>
/// <param name="Roles">What it is for: user, node, tunnel, publisher, operator.</param>
/// <param name="Scopes">The scopes that it has for plugins.</param>
/// <param name="UserId">The user that it is, if any.</param>
/// <param name="Expires">When it ends, if ever.</param>
internal sealed record KeyRequest(string Name, IReadOnlyList<string>? Roles = null, IReadOnlyList<string>? Scopes = null, string? UserId = null, DateTimeOffset? Expires = null);

/// <summary>How a key is to be followed by another.</summary>
/// <param name="OverlapSeconds">How long the key stays good beside its successor.</param>
/// <param name="Expires">When the successor ends; without it, as the key would have.</param>
internal sealed record RotateRequest(int OverlapSeconds = 24 * 3600, DateTimeOffset? Expires = null);

/// <summary>A key that was made.</summary>
internal sealed record KeyMade(string Name, string Key, string Prefix, IReadOnlyList<string> Roles, IReadOnlyList<string> Scopes, string? UserId, DateTimeOffset? Expires);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(KeyListing))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(RotateRequest))]
[JsonSerializable(typeof(KeyMade))]
internal sealed partial class KeysJson : JsonSerializerContext;
