using System.Collections.Immutable;
using System.Text;

namespace Relay.Gateway.Hosting;

/// <summary><c>tenants.NAME.suspended</c>, and <c>tenants.NAME</c> with nothing behind it.</summary>
internal sealed class TenantSetting() : Setting(
    "tenants.NAME.suspended", "A suspended tenant's connections are refused. Once a tenant is named, only those named exist.")
{
    private const int MaxNameBytes = 256;

    public override bool Matches(ImmutableArray<string> path) =>
        path.Length is 2 or 3 && path[0] == "tenants" && (path.Length == 2 || path[2] == "suspended");

    public override RelaySettings? Apply(RelaySettings settings, RawSetting raw, out string fault)
    {
        var name = raw.Path[1];
        var tenant = settings.Tenants.GetValueOrDefault(name) ?? new RelayTenantOptions();
        fault = name.Length == 0 || name.Contains('\0') || Encoding.UTF8.GetByteCount(name) > MaxNameBytes
            ? $"a tenant's name must be 1 to {MaxNameBytes} bytes without NUL"
            : "";
        if (fault.Length == 0 && raw.Path.Length == 2 && raw.Shape is RawShape.Text or RawShape.Items)
            fault = "must be a map, such as {} or { suspended: true }";
        if (fault.Length == 0 && raw.Path.Length == 3)
        {
            if (raw.Shape == RawShape.Text && SettingTypes.Bool.TryRead(raw.Text, out var suspended))
                tenant = tenant with { Suspended = suspended };
            else
                fault = $"must be {SettingTypes.Bool.Form}";
        }

        return fault.Length == 0 ? settings with { Tenants = settings.Tenants.SetItem(name, tenant) } : null;
    }

    public override string Show(RelaySettings settings) =>
        string.Join(", ", settings.Tenants.Select(each => $"{each.Key}: {SettingTypes.Bool.Show(each.Value.Suspended)}"));
}

/// <summary><c>plugins.NAME.*</c> for a plugin that is not the relay's own: text, handed on as it is.</summary>
internal sealed class PluginSetting() : Setting(
    "plugins.NAME.SETTING", "Text settings for the plugin whose prefix is NAME_; nested keys reach it joined with dots.")
{
    private const int MaxNameLength = 64;

    public override bool Matches(ImmutableArray<string> path) =>
        path.Length >= 2 && path[0] == "plugins" && !SettingsMap.IsReserved(path[..2]);

    public override RelaySettings? Apply(RelaySettings settings, RawSetting raw, out string fault)
    {
        fault = "";
        var name = raw.Path[1];
        var values = settings.Plugins.Custom.GetValueOrDefault(name)
            ?? ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        if (raw.Path.Length == 2 && raw.Shape is RawShape.Text or RawShape.Items)
            fault = SettingsMap.Unknown(raw.Path);
        else if (!IsName(name))
            fault = $"a plugin's name is at most {MaxNameLength} lower-case letters, digits and _, and begins with a letter";
        else if (raw.Shape == RawShape.Items)
            fault = "a plugin's own settings are text, not lists";
        else if (raw.Path.Length > 2 && raw.Shape != RawShape.EmptyMap)
            values = values.SetItem(string.Join('.', raw.Path.Skip(2)), raw.Text);

        return fault.Length > 0
            ? null
            : settings with { Plugins = settings.Plugins with { Custom = settings.Plugins.Custom.SetItem(name, values) } };
    }

    /// <summary>Names only: a plugin's values may be secrets.</summary>
    public override string Show(RelaySettings settings) => string.Join(", ", settings.Plugins.Custom.Keys);

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && char.IsAsciiLetterLower(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
}
