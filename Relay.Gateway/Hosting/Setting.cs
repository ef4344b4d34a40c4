using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

/// <summary>One row of the map: a key, what it means, and how a value gets into the settings.</summary>
internal abstract class Setting(string key, string doc, bool isPerTenant = false, bool isLive = false)
{
    /// <summary>Ends the explanation of a setting that may differ by tenant.</summary>
    public const string TenantMark = " [tenant]";

    /// <summary>Ends the explanation of another one whose change takes effect while the relay runs.</summary>
    public const string LiveMark = " [live]";

    public string Key { get; } = key;

    /// <summary>One line for docs/relay.yaml and <c>--help</c>.</summary>
    public string Doc { get; } = isPerTenant ? doc + TenantMark : isLive ? doc + LiveMark : doc;

    /// <summary>
    /// May be given for one tenant as well, and changed while the relay runs: whoever needs the value asks the tenant's settings for it each
    /// time, and never those with which the relay started.
    /// </summary>
    public bool IsPerTenant { get; } = isPerTenant;

    /// <summary>The value is not to be shown.</summary>
    public virtual bool IsSecret => false;

    /// <summary>A change takes effect while the relay runs.</summary>
    public virtual bool IsLive { get; } = isPerTenant || isLive;

    public ImmutableArray<string> Path { get; } = [.. key.Split('.')];

    public virtual bool Matches(ImmutableArray<string> path) => path.AsSpan().SequenceEqual(Path.AsSpan());

    /// <summary>The settings with this value, or null and what is wrong with it.</summary>
    public abstract RelaySettings? Apply(RelaySettings settings, RawSetting raw, out string fault);

    /// <summary>The value in these settings, as one writes it.</summary>
    public abstract string Show(RelaySettings settings);

    /// <summary>Whether both settings have the same value.</summary>
    public abstract bool IsSame(RelaySettings one, RelaySettings other);

    /// <summary>The settings with the value of others.</summary>
    public abstract RelaySettings Take(RelaySettings settings, RelaySettings from);
}

internal sealed class ValueSetting<T>(
    string key, string doc, SettingType<T> type, Func<RelaySettings, T> get, Func<RelaySettings, T, RelaySettings> set, bool isPerTenant = false, bool isLive = false)
    : Setting(key, doc, isPerTenant, isLive)
{
    public override RelaySettings? Apply(RelaySettings settings, RawSetting raw, out string fault)
    {
        fault = "";
        if (raw.Shape is RawShape.Text or RawShape.Nothing)
        {
            if (type.TryRead(raw.Text, out var value))
                return set(settings, value);
            fault = $"must be {type.Form}, not {Readable.Quote(raw.Text)}";
            if (type.Hint(raw.Text) is { } hint)
                fault += $" ({hint})";
        }
        else
        {
            fault = $"must be {type.Form}, not a {(raw.Shape == RawShape.Items ? "list" : "map")}";
        }

        return null;
    }

    public override bool IsSecret => ReferenceEquals(type, SettingForms.Secret);

    public override string Show(RelaySettings settings) => type.Show(get(settings));

    public override bool IsSame(RelaySettings one, RelaySettings other) => EqualityComparer<T>.Default.Equals(get(one), get(other));

    public override RelaySettings Take(RelaySettings settings, RelaySettings from) => set(settings, get(from));
}

/// <summary>A list: a YAML list in the file, separated by commas in a variable or an option.</summary>
internal sealed class ListSetting<T>(
    string key,
    string doc,
    SettingType<T> type,
    Func<RelaySettings, ImmutableArray<T>> get,
    Func<RelaySettings, ImmutableArray<T>, RelaySettings> set,
    bool isPerTenant = false)
    : Setting(key, doc, isPerTenant)
{
    public override RelaySettings? Apply(RelaySettings settings, RawSetting raw, out string fault)
    {
        fault = "";
        if (raw.Shape == RawShape.EmptyMap || (raw.Shape == RawShape.Text && raw.Source == SettingSource.File))
        {
            fault = "must be a list, such as [a, b]";
            return null;
        }

        var items = raw.Shape == RawShape.Items
            ? raw.Items
            : [.. raw.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        var values = ImmutableArray.CreateBuilder<T>(items.Length);
        foreach (var item in items)
        {
            if (!type.TryRead(item, out var value))
            {
                fault = $"each item must be {type.Form}, not {Readable.Quote(item)}";
                return null;
            }

            values.Add(value);
        }

        return set(settings, values.ToImmutable());
    }

    public override string Show(RelaySettings settings) => $"[{string.Join(", ", get(settings).Select(type.Show))}]";

    public override bool IsSame(RelaySettings one, RelaySettings other) => get(one).SequenceEqual(get(other));

    public override RelaySettings Take(RelaySettings settings, RelaySettings from) => set(settings, get(from));
}

/// <summary>A part of the map: the rows of one record.</summary>
internal sealed class SettingGroup<TOptions>(
    string prefix, Func<RelaySettings, TOptions> get, Func<RelaySettings, TOptions, RelaySettings> set, bool isPerTenant = false, bool isLive = false)
{
    /// <summary>The same group for rows that may differ by tenant; see <see cref="Setting.IsPerTenant"/>.</summary>
    public SettingGroup<TOptions> PerTenant => new(prefix, get, set, isPerTenant: true);

    /// <summary>The same group for rows that are one for all tenants, and whose changes take effect while the relay runs: whoever needs them asks the directory of tenants each time.</summary>
    public SettingGroup<TOptions> Live => new(prefix, get, set, isLive: true);

    public Setting Value<T>(
        string name, SettingType<T> type, Func<TOptions, T> read, Func<TOptions, T, TOptions> write, string doc) =>
        new ValueSetting<T>(
            $"{prefix}.{name}", doc, type, all => read(get(all)), (all, value) => set(all, write(get(all), value)), isPerTenant, isLive);

    public Setting List<T>(
        string name, SettingType<T> type, Func<TOptions, ImmutableArray<T>> read, Func<TOptions, ImmutableArray<T>, TOptions> write, string doc) =>
        new ListSetting<T>(
            $"{prefix}.{name}", doc, type, all => read(get(all)), (all, value) => set(all, write(get(all), value)), isPerTenant);
}
