using System.Collections.Immutable;

namespace Relay.Gateway.Hosting;

/// <summary>Where a value stands. A later member takes precedence over an earlier one.</summary>
internal enum SettingSource
{
    File,
    Environment,
    Option,
}

/// <summary>What a place can hold before anyone knows which setting it is.</summary>
internal enum RawShape
{
    Text,
    Items,
    EmptyMap,

    /// <summary>A YAML key with nothing behind it: an empty section, or an empty value.</summary>
    Nothing,
}

/// <summary>One value as found, with the path that leads to it and the place to name in a fault.</summary>
internal sealed record RawSetting(SettingSource Source, string Origin, ImmutableArray<string> Path, RawShape Shape)
{
    public string Text { get; init; } = "";

    public ImmutableArray<string> Items { get; init; } = [];

    public string Key => string.Join('.', Path);
}

/// <summary>One thing that is wrong, its key, and where it stands.</summary>
internal sealed record SettingFault(string Origin, string Key, string Message)
{
    public override string ToString()
    {
        var place = Origin.Length == 0 ? "" : Origin + ": ";
        return Key.Length == 0 ? place + Message : $"{place}{Key}: {Message}";
    }
}
