using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Relay.Core;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Tenants;

/// <summary>What the operators' API says of a tenant: a JSON object with what a settings file has under <c>tenants.NAME</c>, judged by the same rows.</summary>
internal static class TenantDocument
{
    private const int MaxDepth = 16;

    /// <summary>Reads a document.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="json">The document.</param>
    /// <param name="settings">The relay's settings, with which the tenant's have to hold together.</param>
    public static (RelayTenantOptions? Options, IReadOnlyList<SettingFault> Faults) Read(TenantId tenant, ReadOnlyMemory<byte> json, RelaySettings settings)
    {
        var faults = new FaultList();
        var found = new List<RawSetting>();
        try
        {
            using var document = JsonDocument.Parse(json, new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object) Collect(document.RootElement, [TenantRow.Section, tenant.Name], found, faults);
            else faults.Add("", "", "a tenant is a JSON object, such as {} or {\"suspended\":true}");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // The latter for half of a surrogate pair.
            faults.Add("", "", $"is not a JSON object of at most {MaxDepth} levels without duplicate members");
        }

        var alone = settings with { Tenants = RelaySettings.NoTenants.Add(tenant.Name, RelayTenantOptions.Default) };
        foreach (var raw in found)
        {
            if (SettingsMap.Find(raw.Path) is not { } row) faults.Add("", Key(raw), SettingsMap.Unknown(raw.Path));
            else if (raw.Text == SettingForms.SecretMark && SettingsMap.Find(raw.Path[2..]) is { IsSecret: true }) faults.Add("", Key(raw), $"{SettingForms.SecretMark} stands for a secret that is not shown: give the secret itself");
            else if (row.Apply(alone, raw, out var fault) is { } changed) alone = changed;
            else faults.Add("", Key(raw), fault);
        }

        var options = alone.Tenants[tenant.Name];
        if (!faults.Any)
            foreach (var (key, message) in TenantSettings.Faults(settings, options, SettingsChecks.All, static _ => true)) faults.Add("", key, message);
        return (faults.Any ? null : options, faults.ToList());
    }

    /// <summary>The document with another say about the suspension.</summary>
    public static byte[] WithSuspended(byte[] json, bool suspended)
    {
        var document = JsonNode.Parse(json)!.AsObject();
        document["suspended"] = suspended;
        return JsonSerializer.SerializeToUtf8Bytes(document, TenantNodeJson.Default.JsonObject);
    }

    /// <summary>The document with marks in the place of secrets.</summary>
    public static JsonElement WithoutSecrets(byte[] json)
    {
        var document = JsonNode.Parse(json)!.AsObject();
        Hide(document, [TenantRow.Section, "NAME"]);
        return JsonSerializer.SerializeToElement(document, TenantNodeJson.Default.JsonObject);
    }

    private static void Hide(JsonObject within, ImmutableArray<string> path)
    {
        foreach (var (name, value) in within.ToList())
        {
            var at = path.Add(name);
            if (value is JsonObject inner) Hide(inner, at);
            else if (SettingsMap.Find(at[2..]) is { IsSecret: true }) within[name] = SettingForms.SecretMark;
        }
    }

    private static string Key(RawSetting raw) => Readable.Name(string.Join('.', raw.Path.Skip(2)));

    private static void Collect(JsonElement element, ImmutableArray<string> path, List<RawSetting> found, FaultList faults)
    {
        foreach (var member in element.EnumerateObject())
        {
            var (at, value) = (path.Add(member.Name), member.Value);
            var raw = new RawSetting(SettingSource.File, "", at, RawShape.Nothing);
            switch (value.ValueKind)
            {
                case JsonValueKind.Object when value.EnumerateObject().Any():
                    Collect(value, at, found, faults);
                    break;
                case JsonValueKind.Object:
                    found.Add(raw with { Shape = RawShape.EmptyMap });
                    break;
                case JsonValueKind.Array when value.EnumerateArray().All(static item => item.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)):
                    found.Add(raw with { Shape = RawShape.Items, Items = [.. value.EnumerateArray().Select(Text)] });
                    break;
                case JsonValueKind.Array:
                    faults.Add(raw, "a list may hold plain values only");
                    break;
                case JsonValueKind.Null:
                    found.Add(raw);
                    break;
                default:
                    found.Add(raw with { Shape = RawShape.Text, Text = Text(value) });
                    break;
            }
        }
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class TenantNodeJson : JsonSerializerContext;
