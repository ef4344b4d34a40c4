using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;
using Relay.Core.Hubs;

namespace Relay.Core.Plugins;

/// <summary>All plugins of a relay, fixed when it starts.</summary>
public sealed class PluginRegistry
{
    private PluginRegistry(IReadOnlyList<PluginDescriptor> plugins)
    {
        Plugins = plugins;
        Prefixes = new([.. plugins.Select(plugin => plugin.Prefix)]);
        IdempotentTypes = [.. plugins.SelectMany((plugin, index) => plugin.IdempotentTopics.Select(topic => plugin.Prefix + topic).Where(type => Prefixes.Find(Encoding.UTF8.GetBytes(type)) == index))];
    }

    /// <summary>The plugins in the order of their prefixes.</summary>
    public IReadOnlyList<PluginDescriptor> Plugins { get; }

    /// <summary>Finds a plugin's index in <see cref="Plugins"/> by a message's type.</summary>
    public PrefixTable Prefixes { get; }

    /// <summary>The types of the messages that may be handled twice.</summary>
    public IReadOnlyList<string> IdempotentTypes { get; }

    /// <summary>Checks plugin classes and makes the registry of the good ones.</summary>
    /// <param name="registrations">The classes.</param>
    /// <param name="settings">Gives a plugin's settings by its name, the prefix without its last <c>_</c>.</param>
    /// <param name="faults">Takes everything that is wrong, a sentence each. The relay does not start when there is anything.</param>
    /// <param name="services">Tells which services the host has, so that a constructor that asks for another is found; null to leave that out.</param>
    /// <returns>The registry.</returns>
    public static PluginRegistry Build(IEnumerable<PluginRegistration> registrations, Func<string, PluginSettings> settings, ICollection<string> faults, IServiceProviderIsService? services = null)
    {
        var plugins = new SortedDictionary<string, PluginDescriptor>(StringComparer.Ordinal);
        foreach (var registration in registrations)
        {
            if (PluginDescriptor.TryRead(registration, settings, services, faults) is not { } plugin) continue;
            if (!plugins.TryAdd(plugin.Prefix, plugin)) faults.Add($"two plugins have the prefix '{plugin.Prefix}': {plugins[plugin.Prefix].Registration} and {registration}");
        }

        return new([.. plugins.Values]);
    }
}
