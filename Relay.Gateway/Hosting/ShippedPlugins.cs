using System.Globalization;
using Relay.Abstractions;
using Relay.Core.Plugins;
using Relay.Plugins.Ai;
using Relay.Plugins.Echo;
using Relay.Plugins.Session;

namespace Relay.Gateway.Hosting;

/// <summary>The plugins that ship, as far as the settings switch them on, and the settings that each plugin is given.</summary>
internal static class ShippedPlugins
{
    public static IEnumerable<PluginRegistration> Enabled(RelayPluginsOptions options)
    {
        if (options.Session.Enabled) yield return new(typeof(SessionPlugin));
        if (options.Ai.Enabled) yield return new(typeof(AiPlugin));
        if (options.Echo.Enabled) yield return new(typeof(EchoPlugin));
    }

    /// <summary>Gives the settings of a plugin by its name, the same object at every call.</summary>
    public static Func<string, PluginSettings> Settings(RelayPluginsOptions options)
    {
        var known = new Dictionary<string, PluginSettings>(StringComparer.Ordinal)
        {
            ["session"] = new("session", new Dictionary<string, string>
            {
                ["max_state_bytes"] = Text(options.Session.MaxStateBytes),
                ["max_sessions"] = Text(options.Session.MaxSessions),
            }),
            ["ai"] = new("ai", new Dictionary<string, string>
            {
                ["upstream.base_url"] = options.Ai.Upstream.BaseUrl,
                ["upstream.api_key"] = options.Ai.Upstream.ApiKey,
                ["upstream.model"] = options.Ai.Upstream.Model,
                ["idle_timeout"] = Text((long)options.Ai.IdleTimeout.TotalMilliseconds) + "ms",
                ["resume_window"] = Text((long)options.Ai.ResumeWindow.TotalMilliseconds) + "ms",
                ["resume_bytes"] = Text(options.Ai.ResumeBytes),
                ["tenant_resume_bytes"] = Text(options.Ai.TenantResumeBytes),
            }),
        };
        foreach (var (name, values) in options.Custom) known[name] = new(name, values);
        return name => known.GetValueOrDefault(name, PluginSettings.None);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
