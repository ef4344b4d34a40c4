using Microsoft.Extensions.DependencyInjection;
using Relay.Abstractions;

namespace Relay.Core.Plugins;

/// <summary>A plugin class that the host or a plugin folder has brought; what is wrong with it is found by <see cref="PluginRegistry.Build"/>.</summary>
/// <param name="Type">The class.</param>
public sealed record PluginRegistration(Type Type)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Type.FullName} in {(Type.Assembly.Location is { Length: > 0 } file ? file : Type.Assembly.GetName().Name)}";
}

/// <summary>How a host that embeds the relay names its plugins.</summary>
public static class PluginServiceCollectionExtensions
{
    /// <summary>Adds a plugin of the host's own code. Its class carries <see cref="RelayPluginAttribute"/>; what is wrong with it is found when the relay starts.</summary>
    /// <typeparam name="T">The plugin's class. Its constructor may take services.</typeparam>
    /// <param name="services">The host's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddRelayPlugin<T>(this IServiceCollection services)
        where T : class, IRelayPlugin => services.AddSingleton(new PluginRegistration(typeof(T)));
}
