using System.Globalization;

namespace Relay.Abstractions;

/// <summary>A plugin's own settings: flat names and strings, from <c>plugins.&lt;name&gt;</c> of the configuration.</summary>
/// <param name="name">The plugin's name: its prefix without the last <c>_</c>.</param>
/// <param name="values">The settings; names of nested ones are joined with a dot.</param>
public sealed class PluginSettings(string name, IReadOnlyDictionary<string, string> values)
{
    /// <summary>Settings of a plugin that has none.</summary>
    public static PluginSettings None { get; } = new("", new Dictionary<string, string>());

    /// <summary>All settings.</summary>
    public IReadOnlyDictionary<string, string> Values { get; } = values;

    /// <summary>Reads a text.</summary>
    /// <param name="key">The setting's name.</param>
    /// <param name="fallback">What it is when absent.</param>
    /// <returns>The text.</returns>
    public string GetString(string key, string fallback) => Values.GetValueOrDefault(key, fallback);

    /// <summary>Reads a whole number.</summary>
    /// <param name="key">The setting's name.</param>
    /// <param name="fallback">What it is when absent.</param>
    /// <returns>The number.</returns>
    /// <exception cref="FormatException">It is not a whole number.</exception>
    public int GetInt32(string key, int fallback) => !Values.TryGetValue(key, out var text) ? fallback
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw new FormatException($"plugins.{name}.{key}: '{text}' is not a whole number");

    /// <summary>Reads true or false.</summary>
    /// <param name="key">The setting's name.</param>
    /// <param name="fallback">What it is when absent.</param>
    /// <returns>The value.</returns>
    /// <exception cref="FormatException">It is neither true nor false.</exception>
    public bool GetBoolean(string key, bool fallback) => !Values.TryGetValue(key, out var text) ? fallback
        : bool.TryParse(text, out var value) ? value
        : throw new FormatException($"plugins.{name}.{key}: '{text}' is neither true nor false");
}
