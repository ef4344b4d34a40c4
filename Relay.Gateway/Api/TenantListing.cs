using System.Text.Json;
using System.Text.Json.Serialization;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>The answer of <c>GET /api/v1/tenants</c>.</summary>
/// <param name="Total">Tenants that somebody named.</param>
/// <param name="Tenants">Those asked for, in the order of their names.</param>
/// <param name="Next">What to give as <c>after</c> for the next part, or null at the end.</param>
internal sealed record TenantListing(int Total, IReadOnlyList<TenantItem> Tenants, string? Next);

/// <summary>A tenant in a list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source">Who named it: <c>settings</c>, <c>api</c>, or <c>open</c> for a name of a relay that is open to all.</param>
/// <param name="Suspended">Whether it is refused.</param>
internal sealed record TenantItem(string Name, string Source, bool Suspended)
{
    public static TenantItem Of(Tenant tenant) => new(tenant.Id.Name, SourceOf(tenant), tenant.IsSuspended);

    public static string SourceOf(Tenant tenant) => tenant.Source switch
    {
        TenantSource.Open => "open",
        TenantSource.Settings => "settings",
        TenantSource.Api => "api",
    };
}

/// <summary>A tenant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source">Who named it.</param>
/// <param name="Suspended">Whether it is refused.</param>
/// <param name="Version">Of what is stored; null when the settings name it.</param>
/// <param name="UpdatedAt">When that was written.</param>
/// <param name="Document">What was said of it by this API; secrets are not shown.</param>
/// <param name="Settings">What it gets: every setting that may differ by tenant, as one writes it.</param>
internal sealed record TenantView(
    string Name, string Source, bool Suspended, long? Version, DateTimeOffset? UpdatedAt, JsonElement? Document, IReadOnlyDictionary<string, string> Settings)
{
    public static TenantView Of(Tenant tenant, StoredTenant? stored) => new(
        tenant.Id.Name,
        TenantItem.SourceOf(tenant),
        tenant.IsSuspended,
        stored?.Version,
        stored?.UpdatedAt,
        stored?.Value is { } value ? TenantDocument.WithoutSecrets(value) : null,
        SettingsMap.PerTenant.ToDictionary(static row => row.Key, row => row.Show(tenant.Settings), StringComparer.Ordinal));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TenantListing))]
[JsonSerializable(typeof(TenantView))]
internal sealed partial class TenantsJson : JsonSerializerContext;
