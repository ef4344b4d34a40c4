using System.Collections.Immutable;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Tenants;

/// <summary>The settings of one tenant: the relay's, with what was said of the tenant.</summary>
internal static class TenantSettings
{
    /// <summary>The settings with what differs for a tenant; the very same when nothing does.</summary>
    public static RelaySettings Of(RelaySettings settings, RelayTenantOptions tenant)
    {
        foreach (var raw in tenant.Overrides)
        {
            // A value was judged when it was read.
            if (SettingsMap.Find(raw.Path)?.Apply(settings, raw, out _) is { } changed) settings = changed;
        }

        return tenant.TunnelAllow.Length == 0
            ? settings
            : settings with { Tunnel = settings.Tunnel with { Allow = [.. settings.Tunnel.Allow, .. tenant.TunnelAllow] } };
    }

    /// <summary>What does not hold together in a tenant's settings, although each value is valid: the key and what is wrong.</summary>
    public static IEnumerable<(string Key, string Message)> Faults(
        RelaySettings settings, RelayTenantOptions tenant, ImmutableArray<SettingsCheck> checks, Func<string, bool> directoryExists)
    {
        if (tenant.Overrides.Length == 0) yield break;
        var own = Of(settings, tenant);
        var keys = tenant.Overrides.Select(static raw => SettingsMap.Find(raw.Path)?.Key).ToHashSet();
        foreach (var check in checks)
            if (check.Keys.Any(keys.Contains) && check.Fault(settings, directoryExists) is null && check.Fault(own, directoryExists) is { } message)
                yield return (check.Keys[0], message);
    }
}
