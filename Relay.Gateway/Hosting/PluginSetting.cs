using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

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

    public override bool IsSame(RelaySettings one, RelaySettings other) =>
        one.Plugins.Custom.Keys.SequenceEqual(other.Plugins.Custom.Keys)
        && one.Plugins.Custom.All(each => each.Value.SequenceEqual(other.Plugins.Custom[each.Key]));

    public override RelaySettings Take(RelaySettings settings, RelaySettings from) =>
        settings with { Plugins = settings.Plugins with { Custom = from.Plugins.Custom } };

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && char.IsAsciiLetterLower(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
}
