using Relay.Core;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Tenants;

/// <summary>Who named a tenant.</summary>
internal enum TenantSource
{
    /// <summary>Nobody: the relay is open to every name, and this is one.</summary>
    Open,

    /// <summary>The settings.</summary>
    Settings,

    /// <summary>The operators' API.</summary>
    Api,
}

/// <summary>A tenant, and all that it may. Never changes: what is new about a tenant is a new one of these.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Source">Who named it.</param>
/// <param name="Options">What was said of it.</param>
/// <param name="Settings">
/// The relay's settings with what differs for this tenant: its limits, its jobs and plugins, its origins, its rooms' patterns, its egress rules.
/// Tenants of which nothing differs share one instance, so that what is derived from it can be kept by it.
/// </param>
internal sealed record Tenant(TenantId Id, TenantSource Source, RelayTenantOptions Options, RelaySettings Settings)
{
    /// <summary>Nobody of it may enter.</summary>
    public bool IsSuspended => Options.Suspended;

    /// <summary>What the relay does for it.</summary>
    public TenantJobs Jobs => TenantJobTable.Of(Settings);

    /// <summary>Whether both are the same tenant with the same rights.</summary>
    public bool IsSame(Tenant other) =>
        ReferenceEquals(this, other) || (Id == other.Id && Source == other.Source && IsSuspended == other.IsSuspended
        && (ReferenceEquals(Settings, other.Settings) || SettingsMap.PerTenant.All(row => row.IsSame(Settings, other.Settings))));
}

/// <summary>Something about a tenant has changed.</summary>
/// <param name="Id">The tenant; null for all that nobody named, of which there is no list.</param>
/// <param name="Was">What it was; null when it is new.</param>
/// <param name="Now">What it is; null when it is no tenant any more.</param>
internal sealed record TenantChange(TenantId? Id, Tenant? Was, Tenant? Now);
