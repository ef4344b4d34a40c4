using Microsoft.Extensions.DependencyInjection.Extensions;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Storage;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Hosting;

/// <summary>The gateway's parts, put together.</summary>
internal static class RelayServices
{
    /// <summary>Adds the gateway and, beside it, the in-process runtime.</summary>
    public static IServiceCollection AddRelayGateway(this IServiceCollection services, RelaySettings settings)
    {
        services.AddSingleton(settings);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IIdentitySource, OpenIdentitySource>();
        services.AddSingleton(new OriginPolicy(settings.Server));
        services.AddSingleton(new HostPolicy(settings.Server));
        services.AddSingleton<GatewayCounters>();
        services.AddSingleton(provider => new ConnectionRegistry(provider.GetRequiredService<TimeProvider>(), settings.Hub.CloseTimeout));
        services.AddSingleton<HubEndpoint>();
        services.AddSingleton(provider => Plugins(provider, settings.Plugins));
        services.AddRelayStore(settings.Storage);
        services.AddSingleton(provider => new InProcessRuntime(
            Options(settings),
            provider.GetRequiredService<PluginRegistry>(),
            provider.GetRequiredService<IPluginStoreProvider>(),
            provider,
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<IIncarnationSource>()));
        services.AddSingleton<IRelayRuntime>(static provider => provider.GetRequiredService<InProcessRuntime>());
        services.AddSingleton(static provider => new RelayMetrics(
            provider.GetRequiredService<GatewayCounters>(),
            provider.GetRequiredService<InProcessRuntime>().Counters,
            provider.GetRequiredService<IPluginStoreProvider>() as IDurableStore));
        services.AddHostedService<DrainService>();
        return services;
    }

    /// <summary>The runtime's bounds from the settings.</summary>
    public static RuntimeOptions Options(RelaySettings settings)
    {
        var (hub, plugins) = (settings.Hub, settings.Plugins);
        return new(
            new HubLimits(hub.MaxConnectionsPerUser, hub.UserHubInactivityTimeout, hub.CancelTimeout, hub.MaxUserHubs) { MaxMessagesPerSecond = hub.MaxMessagesPerSecond },
            new RestartPolicy(plugins.RestartWindow),
            new InboxLimits(
                hub.MaxConnectionsPerUser * hub.QueueMultiplier,
                (long)hub.MaxConnectionsPerUser * (hub.QueueBytes + hub.MaxMessageBytes),
                plugins.HandlerTimeout,
                plugins.DetachedIdleTimeout,
                hub.CancelTimeout),
            plugins.MaxOpenRequests,
            plugins.MaxAbandoned);
    }

    // From the host's code, from the settings, and from the directory; whatever is wrong is told at once.
    private static PluginRegistry Plugins(IServiceProvider provider, RelayPluginsOptions options)
    {
        var faults = new List<string>();
        IEnumerable<PluginRegistration> registrations =
        [
            .. ShippedPlugins.Enabled(options),
            .. provider.GetServices<PluginRegistration>(),
            .. PluginLoader.Load(options.Directory, faults),
        ];
        var registry = PluginRegistry.Build(registrations, ShippedPlugins.Settings(options), faults, provider.GetService<IServiceProviderIsService>());
        foreach (var name in options.Custom.Keys)
        {
            if (!registry.Plugins.Any(plugin => plugin.Name == name)) faults.Add($"plugins.{name}: there is no plugin with the prefix '{name}_'");
        }

        return faults.Count == 0 ? registry : throw new RelayStartException(faults);
    }
}
