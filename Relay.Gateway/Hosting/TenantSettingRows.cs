using System.Collections.Immutable;
using Relay.Core;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Hosting;

/// <summary>A row of <c>tenants.NAME</c>.</summary>
internal abstract class TenantRow(string key, string doc) : Setting(key, doc)
{
    public const string Section = "tenants";

    public override bool IsLive => true;

    public override RelaySettings? Apply(RelaySettings settings, RawSetting raw, out string fault)
    {
        var name = raw.Path[1];
        var tenant = settings.Tenants.GetValueOrDefault(name) ?? RelayTenantOptions.Default;
        if (!Ids.IsValid(name))
        {
            fault = $"a tenant's name must be 1 to {Ids.MaxBytes} bytes without NUL";
            return null;
        }

        return Apply(settings, tenant, raw, out fault) is { } changed ? settings with { Tenants = settings.Tenants.SetItem(name, changed) } : null;
    }

    public override bool IsSame(RelaySettings one, RelaySettings other) =>
        one.NamesTenants == other.NamesTenants
        && one.Tenants.Count == other.Tenants.Count
        && one.Tenants.All(each => other.Tenants.TryGetValue(each.Key, out var tenant) && IsSame(each.Value, tenant));

    // All of a tenant at once: its rows are one record.
    public override RelaySettings Take(RelaySettings settings, RelaySettings from) => settings with { Tenants = from.Tenants };

    /// <summary>The tenant with this value, or null and what is wrong with it.</summary>
    protected abstract RelayTenantOptions? Apply(RelaySettings settings, RelayTenantOptions tenant, RawSetting raw, out string fault);

    protected abstract bool IsSame(RelayTenantOptions one, RelayTenantOptions other);
}

/// <summary><c>tenants.NAME.suspended</c>, and <c>tenants.NAME</c> with nothing behind it.</summary>
internal sealed class TenantSetting() : TenantRow(
    "tenants.NAME.suspended", "A suspended tenant's connections are closed and refused. Once a tenant is named, only those named exist.")
{
    public override bool Matches(ImmutableArray<string> path) =>
        path.Length is 2 or 3 && path[0] == Section && (path.Length == 2 || path[2] == "suspended");

    public override string Show(RelaySettings settings) =>
        string.Join(", ", settings.Tenants.Select(each => $"{each.Key}: {SettingTypes.Bool.Show(each.Value.Suspended)}"));

    protected override bool IsSame(RelayTenantOptions one, RelayTenantOptions other) => one.Suspended == other.Suspended;

    protected override RelayTenantOptions? Apply(RelaySettings settings, RelayTenantOptions tenant, RawSetting raw, out string fault)
    {
        fault = "";
        if (raw.Path.Length == 2)
        {
            if (raw.Shape is not (RawShape.Text or RawShape.Items)) return tenant;
            fault = "must be a map, such as {} or { suspended: true }";
        }
        else
        {
            if (raw.Shape == RawShape.Text && SettingTypes.Bool.TryRead(raw.Text, out var suspended)) return tenant with { Suspended = suspended };
            fault = $"must be {SettingTypes.Bool.Form}";
        }

        return null;
    }
}

/// <summary><c>tenants.NAME.tunnel_allow</c>: a tenant's own rules beside <c>tunnel.allow</c>.</summary>
internal sealed class TenantAllowSetting() : TenantRow("tenants.NAME.tunnel_allow", "Where tunnels of this tenant may go, beside tunnel.allow.")
{
    public override bool Matches(ImmutableArray<string> path) => path.Length == 3 && path[0] == Section && path[2] == "tunnel_allow";

    public override string Show(RelaySettings settings) =>
        string.Join(", ", settings.Tenants.Where(static each => each.Value.TunnelAllow.Length > 0).Select(static each => $"{each.Key}: [{string.Join(", ", each.Value.TunnelAllow.Select(static rule => rule.Text))}]"));

    protected override bool IsSame(RelayTenantOptions one, RelayTenantOptions other) =>
        one.TunnelAllow.SequenceEqual(other.TunnelAllow);

    protected override RelayTenantOptions? Apply(RelaySettings settings, RelayTenantOptions tenant, RawSetting raw, out string fault)
    {
        var read = tenant;
        var row = new ListSetting<EgressRule>(Key, Doc, TunnelSettings.Rule, _ => tenant.TunnelAllow, (all, rules) =>
        {
            read = tenant with { TunnelAllow = rules };
            return all;
        });
        return row.Apply(settings, raw, out fault) is null ? null : read;
    }
}

/// <summary><c>tenants.NAME.KEY</c>: a setting that differs for this tenant. The setting's own row judges the value.</summary>
internal sealed class TenantOverrideSetting() : TenantRow(
    "tenants.NAME.KEY", "Settings that differ for this tenant: those whose explanation ends with [tenant], under their own names.")
{
    public override bool Matches(ImmutableArray<string> path) =>
        path.Length > 2 && path[0] == Section && (SettingsMap.Find(path[2..]) is not null || SettingsMap.IsSection(path[2..]));

    /// <summary>Keys only: a value may be a secret.</summary>
    public override string Show(RelaySettings settings) =>
        string.Join(", ", settings.Tenants.SelectMany(static each => each.Value.Overrides.Select(raw => $"{each.Key}: {raw.Key}")));

    protected override bool IsSame(RelayTenantOptions one, RelayTenantOptions other) =>
        one.Overrides.Select(Text).SequenceEqual(other.Overrides.Select(Text));

    protected override RelayTenantOptions? Apply(RelaySettings settings, RelayTenantOptions tenant, RawSetting raw, out string fault)
    {
        fault = "";
        var own = raw with { Path = raw.Path[2..] };
        if (SettingsMap.Find(own.Path) is not { } row)
        {
            if (raw.Shape is not (RawShape.Text or RawShape.Items)) return tenant;
            fault = "must be a map of settings";
            return null;
        }

        if (!row.IsPerTenant)
        {
            fault = $"{row.Key} is the same for every tenant";
            return null;
        }

        if (row.Apply(settings, own, out fault) is null) return null;
        return tenant with { Overrides = [.. tenant.Overrides.Where(each => !each.Path.AsSpan().SequenceEqual(own.Path.AsSpan())), own] };
    }

    private static string Text(RawSetting raw) => $"{string.Join('\0', raw.Path)}\0\0{raw.Text}\0\0{string.Join('\0', raw.Items)}";
}
