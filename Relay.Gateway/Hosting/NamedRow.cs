using System.Collections.Immutable;
using Relay.Core;

namespace Relay.Gateway.Hosting;

/// <summary>A row of a map whose names are the operator's own, such as <c>auth.keys.NAME.secret</c>.</summary>
internal abstract class NamedRow(string key, string doc, bool isPerTenant) : Setting(key, doc, isPerTenant)
{
    /// <summary>Also where it is the same for all tenants: keys have to be taken away from a relay that runs.</summary>
    public override bool IsLive => true;
}

/// <summary>A map whose names are the operator's own, and its rows.</summary>
/// <typeparam name="TEntry">What stands under a name.</typeparam>
internal sealed class NamedMap<TEntry>(
    string section,
    Func<RelaySettings, ImmutableSortedDictionary<string, TEntry>> get,
    Func<RelaySettings, ImmutableSortedDictionary<string, TEntry>, RelaySettings> set,
    bool isPerTenant = false)
    where TEntry : new()
{
    public Setting Row(Func<SettingGroup<TEntry>, Setting> row) => new Named(this, row);

    private sealed class Named(NamedMap<TEntry> map, Func<SettingGroup<TEntry>, Setting> row)
        : NamedRow(row(map.Group("NAME")).Key, row(map.Group("NAME")).Doc, map.IsPerTenant)
    {
        public override bool IsSecret => row(map.Group("NAME")).IsSecret;

        private int NameAt => Path.Length - 2;

        public override bool Matches(ImmutableArray<string> path)
        {
            if (path.Length != Path.Length || path[^1] != Path[^1]) return false;
            return path.AsSpan(0, NameAt).SequenceEqual(Path.AsSpan(0, NameAt));
        }

        public override RelaySettings? Apply(RelaySettings settings, RawSetting raw, out string fault)
        {
            var name = raw.Path[NameAt];
            if (Ids.IsValid(name) && !name.Any(char.IsControl)) return row(map.Group(name)).Apply(settings, raw, out fault);
            fault = $"a name here is 1 to {Ids.MaxBytes} bytes without control characters";
            return null;
        }

        public override string Show(RelaySettings settings) =>
            string.Join(", ", map.Get(settings).Keys.Select(name => $"{name}: {row(map.Group(name)).Show(settings)}"));

        public override bool IsSame(RelaySettings one, RelaySettings other) =>
            map.Get(one).Keys.SequenceEqual(map.Get(other).Keys) && map.Get(one).Keys.All(name => row(map.Group(name)).IsSame(one, other));

        // All of the map at once: what stands under a name is one record.
        public override RelaySettings Take(RelaySettings settings, RelaySettings from) => map.Set(settings, map.Get(from));
    }

    private bool IsPerTenant => isPerTenant;

    private ImmutableSortedDictionary<string, TEntry> Get(RelaySettings settings) => get(settings);

    private RelaySettings Set(RelaySettings settings, ImmutableSortedDictionary<string, TEntry> entries) => set(settings, entries);

    private SettingGroup<TEntry> Group(string name) => new(
        $"{section}.NAME",
        settings => get(settings).GetValueOrDefault(name) ?? new(),
        (settings, entry) => set(settings, get(settings).SetItem(name, entry)));
}
