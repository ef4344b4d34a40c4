using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Relay.Gateway.Auth;
using Relay.Gateway.Tenants;
using static Relay.Gateway.Api.TenantWrites;

namespace Relay.Gateway.Api;

/// <summary>Single API keys of stored tenants, for the relay's operator. A key is told once, to whoever has it made; what is kept is its hash.</summary>
internal static class KeyOperations
{
    private const string Keys = "/api/v1/tenants/{tenant}/keys";
    private const string Key = Keys + "/{key}";
    private const int MaxBodyBytes = 4096;
    private const int MaxOverlapSeconds = 30 * 24 * 3600;
    private const string Made = """{"name":"reports","key":"relay_k3x9ad2f_…","prefix":"relay_k3x9ad2f","roles":["publisher"],"scopes":[],"user_id":null,"expires":"2027-01-31T00:00:00Z"}""";

    private static readonly ApiFault NoKey = new(StatusCodes.Status404NotFound, "key_not_found", "The tenant has no such API key.");
    private static readonly ApiFault Exists = new(StatusCodes.Status409Conflict, "key_exists", "The tenant has an API key of this name; rotate it, or take it away first.");
    private static readonly ApiFault Wrong = new(StatusCodes.Status400BadRequest, "invalid_api_key", "The body does not say what the key is.");
    private static readonly ApiFault BodyTooBig = new(StatusCodes.Status413PayloadTooLarge, "key_too_big", $"What is said of a key is at most {MaxBodyBytes} bytes.");

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("listKeys", HttpMethods.Get, Keys, Access.Administer, "Lists the API keys of a tenant, by their names and visible beginnings.", ListAsync)
        {
            IsPaged = true,
            Answer = new(
                """{"total":1,"keys":[{"name":"backend","prefix":"relay_k3x9ad2f","roles":["publisher"],"scopes":[],"user_id":null,"expires":null}],"next":null}""", KeysJson.Default.KeyListing),
            Faults = [NoTenant],
        },
        new("createKey", HttpMethods.Post, Keys, Access.Administer, "Makes an API key of a tenant. The key is in the answer and nowhere else.", static call => ChangeAsync(call, CreateAsync))
        {
            AnswersOnce = true,
            Body = new(new("""{"name":"reports","roles":["publisher"],"expires":"2027-01-31T00:00:00Z"}""", KeysJson.Default.KeyRequest), static _ => MaxBodyBytes, BodyTooBig),
            Answer = new(Made, KeysJson.Default.KeyMade),
            Faults = [.. Faults, Exists, Wrong],
        },
        new("rotateKey", HttpMethods.Post, Key + "/rotate", Access.Administer, "Gives an API key a successor of the same name and rights; the key itself stays good for the overlap, as NAME-old.", static call => ChangeAsync(call, RotateAsync))
        {
            AnswersOnce = true,
            Body = new(new("""{"overlap_seconds":3600}""", KeysJson.Default.RotateRequest), static _ => MaxBodyBytes, BodyTooBig),
            Answer = new(Made, KeysJson.Default.KeyMade),
            Faults = [.. Faults, NoKey, Wrong],
        },
        new("deleteKey", HttpMethods.Delete, Key, Access.Administer, "Takes an API key away, and closes what it had let in.", static call => ChangeAsync(call, DeleteAsync))
        {
            Faults = [.. Faults, NoKey],
        },
    ];

    private static Task ListAsync(ApiCall call)
    {
        if (Directory(call).Find(Id(call)) is not { } tenant) return call.RefuseAsync(NoTenant);
        var keys = tenant.Settings.Auth.ApiKeys;
        var found = keys.Where(each => call.Page.After is null || string.CompareOrdinal(each.Key, call.Page.After) > 0).Take(call.Page.Probe).ToList();
        var (items, next) = call.Page.Cut(found, static each => KeyItem.Of(each.Key, each.Value), static item => item.Name);
        return call.AnswerAsync(new(keys.Count, items, next), KeysJson.Default.KeyListing);
    }

    private static Task CreateAsync(ApiCall call)
    {
        if (Read(call, KeysJson.Default.KeyRequest) is not { } asked) return call.RefuseAsync(Wrong);
        var (key, name) = (ApiKeyHash.NewKey(), asked.Name);
        if (name.EndsWith(TenantKeys.OldSuffix, StringComparison.Ordinal)) return call.RefuseAsync(Wrong with { Message = $"Names that end with {TenantKeys.OldSuffix} are those of keys that have a successor." });
        var grant = new KeyGrant(asked.Roles ?? [], asked.Scopes ?? [], asked.UserId ?? "", asked.Expires);
        return EditAsync(call, document => TenantKeys.With(document, name, ApiKeyHash.Of(key), grant) is { } changed ? (changed, null) : (null, Exists), () => TellAsync(call, name, key));
    }

    private static Task RotateAsync(ApiCall call)
    {
        var asked = call.Body.Length == 0 ? new() : Read(call, KeysJson.Default.RotateRequest);
        if (asked is not { OverlapSeconds: >= 0 and <= MaxOverlapSeconds }) return call.RefuseAsync(Wrong with { Message = $"overlap_seconds is 0 to {MaxOverlapSeconds}." });
        var (key, name) = (ApiKeyHash.NewKey(), call["key"]);
        DateTimeOffset? until = asked.OverlapSeconds == 0 ? null : call.Service<TimeProvider>().GetUtcNow().AddSeconds(asked.OverlapSeconds);
        return EditAsync(
            call,
            document => TenantKeys.WithSuccessor(document, name, ApiKeyHash.Of(key), until, asked.Expires) is { } changed ? (changed, null) : (null, NoKey),
            () => TellAsync(call, name, key));
    }

    private static Task DeleteAsync(ApiCall call) =>
        EditAsync(call, document => TenantKeys.Without(document, call["key"]) is { } changed ? (changed, null) : (null, NoKey), call.DoneAsync);

    private static Task TellAsync(ApiCall call, string name, string key)
    {
        // Somebody else may have taken it away by now; it was made all the same.
        var made = Directory(call).Find(Id(call))?.Settings.Auth.ApiKeys.GetValueOrDefault(name) ?? new() { Hash = ApiKeyHash.Of(key) };
        var item = KeyItem.Of(name, made);
        call.Http.Response.Headers.CacheControl = "no-store";
        return call.AnswerAsync(new(item.Name, key, ApiKeyHash.Of(key).Prefix, item.Roles, item.Scopes, item.UserId, item.Expires), KeysJson.Default.KeyMade);
    }

    private static T? Read<T>(ApiCall call, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(call.Body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
