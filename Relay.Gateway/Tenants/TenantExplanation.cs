using Relay.Gateway.Hosting;

namespace Relay.Gateway.Tenants;

/// <summary>What <c>--check-config</c> says of tenants: which there are, and what each gets that others do not.</summary>
internal static class TenantExplanation
{
    public static IEnumerable<string> Of(RelaySettings settings)
    {
        var tenants = new TenantDirectory(settings);
        if (tenants.IsOpen) yield return "every name is a tenant: the settings name none, and authentication is off";
        else
            foreach (var tenant in tenants.Named.OrderBy(static tenant => tenant.Id.Name, StringComparer.Ordinal))
                foreach (var line in Of(tenant, settings)) yield return line;
    }

    private static IEnumerable<string> Of(Tenant tenant, RelaySettings settings)
    {
        var differing = SettingsMap.PerTenant.Where(row => !row.IsSame(tenant.Settings, settings)).ToList();
        yield return $"tenant {Readable.Name(tenant.Id.Name)}{(tenant.IsSuspended ? " (suspended)" : "")}: {(differing.Count == 0 ? "as the relay" : "as the relay, but")}";
        foreach (var row in differing) yield return $"  {row.Key}: {Text(row.Show(tenant.Settings))}, not {Text(row.Show(settings))}";
    }

    // One line each: a key as PEM has many.
    private static string Text(string shown) => shown.Length == 0 ? "(nothing)" : shown.ReplaceLineEndings(" ").TrimEnd();
}
