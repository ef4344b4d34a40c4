using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Relay.Gateway.Auth;

namespace Relay.Gateway.Tenants;

/// <summary>Single API keys within what the operators' API has stored of a tenant: <c>auth.api_keys</c> of the document.</summary>
internal static class TenantKeys
{
    /// <summary>Behind a key's name: the one that it took the place of, as long as both are good.</summary>
    public const string OldSuffix = "-old";

    /// <summary>The document with another key.</summary>
    /// <returns>The document, or null when it has a key of that name.</returns>
    public static byte[]? With(byte[] document, string name, ApiKeyHash hash, KeyGrant grant)
    {
        var (root, keys) = Open(document);
        if (keys.ContainsKey(name)) return null;
        keys[name] = Describe(hash, grant);
        return Close(root);
    }

    /// <summary>The document without a key.</summary>
    /// <returns>The document, or null when it has no such key.</returns>
    public static byte[]? Without(byte[] document, string name)
    {
        var (root, keys) = Open(document);
        return keys.Remove(name) ? Close(root) : null;
    }

    /// <summary>The document with a key's successor under its name, and the key itself for some time under the old one's. What had that name ends.</summary>
    /// <param name="document">The document.</param>
    /// <param name="name">The key.</param>
    /// <param name="hash">The successor.</param>
    /// <param name="oldUntil">How long the key stays good; null: not at all.</param>
    /// <param name="expires">When the successor ends; null: as the key would have.</param>
    /// <returns>The document, or null when it has no such key.</returns>
    public static byte[]? WithSuccessor(byte[] document, string name, ApiKeyHash hash, DateTimeOffset? oldUntil, DateTimeOffset? expires)
    {
        var (root, keys) = Open(document);
        if (keys[name] is not JsonObject known) return null;
        var next = known.DeepClone().AsObject();
        next["hash"] = hash.Text;
        if (expires is { } end) next["expires"] = Text(end);
        keys.Remove(name);
        keys.Remove(name + OldSuffix);
        if (oldUntil is { } until)
        {
            if (Moment(known["expires"]) is not { } own || own > until) known["expires"] = Text(until);
            keys[name + OldSuffix] = known;
        }

        keys[name] = next;
        return Close(root);
    }

    private static JsonObject Describe(ApiKeyHash hash, KeyGrant grant)
    {
        var key = new JsonObject { ["hash"] = hash.Text };
        if (grant.Roles.Count > 0) key["roles"] = new JsonArray([.. grant.Roles.Select(static role => (JsonNode)role)]);
        if (grant.Scopes.Count > 0) key["scopes"] = new JsonArray([.. grant.Scopes.Select(static scope => (JsonNode)scope)]);
        if (grant.UserId.Length > 0) key["user_id"] = grant.UserId;
        if (grant.Expires is { } expires) key["expires"] = Text(expires);
        return key;
    }

    private static (JsonObject Root, JsonObject Keys) Open(byte[] document)
    {
        var root = JsonNode.Parse(document)!.AsObject();
        return (root, Within(Within(root, "auth"), "api_keys"));
    }

    private static JsonObject Within(JsonObject owner, string name)
    {
        if (owner[name] is JsonObject known) return known;
        var made = new JsonObject();
        owner[name] = made;
        return made;
    }

    private static byte[] Close(JsonObject root) => JsonSerializer.SerializeToUtf8Bytes(root, TenantNodeJson.Default.JsonObject);

    private static string Text(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Moment(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;
}

/// <summary>What a key is for.</summary>
internal sealed record KeyGrant(IReadOnlyList<string> Roles, IReadOnlyList<string> Scopes, string UserId, DateTimeOffset? Expires);
