using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

/// <summary>Finding a row, and saying why there is none.</summary>
internal static partial class SettingsMap
{
    // A name further away than this is another word, not a slip of the fingers.
    private const int MaxDistance = 3;

    public static Setting? Find(ImmutableArray<string> path)
    {
        foreach (var setting in All)
        {
            if (setting.Matches(path))
                return setting;
        }

        return null;
    }

    /// <summary>Some key of this version begins with this path, or is it.</summary>
    public static bool IsReserved(ImmutableArray<string> path) =>
        All.Any(each => each.Path.Length >= path.Length && each.Path.AsSpan(0, path.Length).SequenceEqual(path.AsSpan()));

    /// <summary>A map of settings, not a setting.</summary>
    public static bool IsSection(ImmutableArray<string> path) => IsReserved(path) && Find(path) is null;

    public static string Unknown(ImmutableArray<string> path)
    {
        if (path.Length > 3 && path[0] == TenantRow.Section) return Unknown(path[2..]);
        for (var length = path.Length - 1; length > 0; length--)
        {
            if (Find(path[..length]) is { } setting and not (TenantSetting or TenantAllowSetting or TenantOverrideSetting or PluginSetting or RoomPatternSetting or NamedRow))
                return $"unknown key: {setting.Key} is one value, not a map";
        }

        var key = string.Join('.', path);
        var nearest = All.MinBy(each => Distance(key, each.Key))!;
        if (nearest.Key == key)
            return $"unknown key: keys nest, write {nearest.Path[0]}: and {string.Join('.', nearest.Path.Skip(1))} under it";
        return Distance(key, nearest.Key) <= MaxDistance ? $"unknown key (is it {nearest.Key}?)" : "unknown key";
    }

    /// <summary>How many letters to add, drop or change between two keys; stops counting for keys of unlike length.</summary>
    private static int Distance(string from, string to)
    {
        if (Math.Abs(from.Length - to.Length) > MaxDistance)
            return int.MaxValue;
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var change = diagonal + (char.ToLowerInvariant(from[i - 1]) == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
