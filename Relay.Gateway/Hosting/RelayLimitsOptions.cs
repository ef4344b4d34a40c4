using Relay.Core.Limits;

namespace Relay.Gateway.Hosting;

/// <summary>What bounds tenants, users and addresses over all jobs; 0 is no limit. What bounds one job stands with that job.</summary>
internal sealed record RelayLimitsOptions
{
    public int TenantConnections { get; init; }

    public int TenantConnectsPerSecond { get; init; }

    public int TenantMessagesPerSecond { get; init; }

    public long TenantBytesPerSecond { get; init; }

    public int UserConnections { get; init; }

    public int UserConnectsPerSecond { get; init; }

    public int UserMessagesPerSecond { get; init; }

    public long UserBytesPerSecond { get; init; }

    /// <summary>Before anything else is known of a request, and so no tenant's own.</summary>
    public int AddressConnections { get; init; }

    /// <summary>As <see cref="AddressConnections"/>.</summary>
    public int AddressConnectsPerSecond { get; init; }

    public SubjectLimits Tenant => new(TenantConnections, TenantConnectsPerSecond, TenantMessagesPerSecond, TenantBytesPerSecond);

    public SubjectLimits User => new(UserConnections, UserConnectsPerSecond, UserMessagesPerSecond, UserBytesPerSecond);

    public SubjectLimits Address => new(AddressConnections, AddressConnectsPerSecond);
}
