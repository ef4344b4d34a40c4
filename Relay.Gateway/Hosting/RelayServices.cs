using System.Collections.Frozen;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Limits;
using Relay.Gateway.Nodes;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;
using Relay.Gateway.Tunnel;
using Relay.Plugins.Ai;

namespace Relay.Gateway.Hosting;

/// <summary>The relay's parts, put together: what every process has, what the front door has, what hubs need, and the in-process runtime.</summary>
internal static class RelayServices
{
    /// <summary>Adds what every process has.</summary>
    public static IServiceCollection AddRelay(this IServiceCollection services, RelaySettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton(new TenantDirectory(settings));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Options(settings, provider.GetRequiredService<TenantDirectory>()));
        services.AddSingleton(provider => TlsCertificate.Start(settings.Server.Tls, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<TlsCertificate>>()));
        services.AddSingleton<TenantFollower>();
        services.AddSingleton<IReadiness>(static provider => provider.GetRequiredService<TenantFollower>());
        services.AddHostedService(static provider => provider.GetRequiredService<TenantFollower>());
        services.AddSingleton<ReloadService>();
        services.AddHostedService(static provider => provider.GetRequiredService<ReloadService>());
        services.AddSingleton(static provider => new TraceIngress(provider.GetRequiredService<TenantDirectory>()));
        services.AddSingleton<TraceExport>();
        services.AddHostedService(static provider => provider.GetRequiredService<TraceExport>());
        services.AddSingleton<GatewayCounters>();
        services.AddSingleton(provider => Limits(provider, settings));
        services.AddSingleton<NodeCallCounters>();
        services.AddWebhookClient();
        services.AddSingleton<TunnelCounters>();
        services.AddSingleton(provider => new TunnelAccounts(TunnelOptions(provider), provider.GetRequiredService<LimitTable>()));
        services.AddSingleton<DrainProgress>();
        services.AddRelayMetrics(settings.Metrics);
        return services;
    }

    /// <summary>Adds the front door; it needs a runtime beside it.</summary>
    public static IServiceCollection AddRelayGateway(this IServiceCollection services, RelaySettings settings)
    {
        services.AddRelayAuth(settings.Auth.Mode);
        services.AddSingleton(provider => new HostPolicy(settings.Server, provider.GetRequiredService<TenantDirectory>()));
        services.AddSingleton(provider => new ConnectionRegistry(provider.GetRequiredService<TimeProvider>(), settings.Hub.CloseTimeout));
        services.AddSingleton<IReadiness>(static provider => provider.GetRequiredService<ConnectionRegistry>());
        services.AddSingleton<Admission>();
        services.AddSingleton<SocketEntrance>();
        services.AddSingleton<RequestTrace>();
        services.AddSingleton<HubEndpoint>();
        services.AddSingleton<RoomEndpoint>();
        services.AddSingleton<IntroductionEndpoint>();
        services.AddSingleton<PipeEndpoint>();
        services.AddSingleton<NodeLog>();
        services.AddSingleton<NodeEndpoint>();
        services.AddSingleton<OpenCalls>();
        services.AddSingleton<CallEndpoint>();
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<StreamTable>();
        services.AddSingleton<StreamHome>();
        services.AddSingleton<StreamsEndpoint>();
        services.AddSingleton<OpenAiEndpoint>();
        services.AddSingleton<ApiTable>();
        services.AddSingleton<ApiEndpoint>();
        services.TryAddSingleton<ITunnelResolver, SystemResolver>();
        services.AddSingleton<TunnelDialer>();
        services.AddSingleton<TunnelLog>();
        services.AddSingleton<TunnelEvents>();
        services.AddSingleton(provider => new TunnelRegistry(provider.GetRequiredService<TimeProvider>(), settings.Hub.CloseTimeout, provider.GetRequiredService<TunnelAccounts>()));
        services.AddSingleton<TunnelEndpoint>();
        services.AddSingleton<GatewaySockets>();
        services.AddSingleton<OpenRequests>();
        services.AddHostedService<TenantGuard>();
        services.AddHostedService<DrainService>();
        services.AddHostedService<LimitSharer>();
        return services.AddChatNodes();
    }

    /// <summary>Adds the way of the hubs' plugins to the tenants' nodes.</summary>
    public static IServiceCollection AddChatNodes(this IServiceCollection services) => services.AddSingleton<IChatNodes, NodeChats>();

    /// <summary>Adds what hubs need, wherever they are hosted: the plugins and their store.</summary>
    public static IServiceCollection AddRelayPlugins(this IServiceCollection services, RelaySettings settings, PluginFiles files)
    {
        services.AddSingleton(provider => Plugins(provider, settings.Plugins, files));
        services.AddRelayStore(settings.Storage);
        services.AddSingleton<IChatUsage, ChatUsage>();
        return services;
    }

    /// <summary>Adds the runtime that hosts the hubs in this process, with nothing beside it; unless there is another one already.</summary>
    public static IServiceCollection AddInProcessRuntime(this IServiceCollection services)
    {
        services.AddSingleton(static provider => new InProcessRuntime(
            provider.GetRequiredService<RuntimeOptions>(),
            provider.GetRequiredService<PluginRegistry>(),
            provider.GetRequiredService<IPluginStoreProvider>(),
            provider,
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<IIncarnationSource>()));
        services.AddSingleton<HubRuntime>(static provider => provider.GetRequiredService<InProcessRuntime>());
        services.AddHostedService<SuspendedHubs>();
        services.TryAddSingleton<IRelayRuntime>(static provider => provider.GetRequiredService<InProcessRuntime>());
        services.TryAddSingleton<ITenantStore>(static provider => new LocalTenantStore(
            provider.GetRequiredService<IPluginStoreProvider>(), provider.GetRequiredService<TimeProvider>(), provider.GetService<IIncarnationSource>()));
        services.TryAddSingleton(static provider => provider.GetRequiredService<InProcessRuntime>().Counters);
        services.AddWebhookOutboxes().AddWebhooks();
        return services;
    }

    /// <summary>The runtime's bounds from the settings, and from those of each tenant.</summary>
    public static RuntimeOptions Options(RelaySettings settings, TenantDirectory tenants)
    {
        var (edition, each) = (new TenantEdition(), new PerSettings<RuntimeOptions>(Options));
        tenants.Changed += _ => edition.Move();
        return Options(settings) with { Edition = edition, Tenants = id => each.Of(tenants.Find(id)?.Settings ?? tenants.Settings) };
    }

    /// <summary>The runtime's bounds from settings.</summary>
    public static RuntimeOptions Options(RelaySettings settings)
    {
        var (hub, plugins) = (settings.Hub, settings.Plugins);
        return new(
            new HubLimits(hub.MaxConnectionsPerUser, hub.UserHubInactivityTimeout, hub.CancelTimeout, hub.MaxUserHubs) { MaxMessagesPerSecond = hub.MaxMessagesPerSecond, MaxGroupsPerUser = hub.MaxGroupsPerUser },
            new RestartPolicy(plugins.RestartWindow),
            new InboxLimits(
                hub.MaxConnectionsPerUser * hub.QueueMultiplier,
                (long)hub.MaxConnectionsPerUser * (hub.QueueBytes + hub.MaxMessageBytes),
                plugins.HandlerTimeout,
                plugins.DetachedIdleTimeout,
                hub.CancelTimeout),
            plugins.MaxOpenRequests,
            plugins.MaxAbandoned)
        {
            Plugins = plugins.Allow.Contains(SettingForms.AnyPlugin) ? null : plugins.Allow.Select(static name => name + "_").ToFrozenSet(StringComparer.Ordinal),
            Rooms = RoomSettings.Options(settings.Rooms),
            Peers = new(settings.Peers.MaxDocuments),
            Answers = new(settings.Api.IdempotencyWindow, TimeSpan.FromMinutes(1), settings.Api.MaxIdempotencyKeys, 64 << 20),
            Nodes = new(settings.Nodes.QueueTime, settings.Nodes.QueueLength, settings.Nodes.MaxNodes),
        };
    }

    private static Func<TenantId, RelayTunnelOptions> TunnelOptions(IServiceProvider provider)
    {
        var tenants = provider.GetRequiredService<TenantDirectory>();
        return id => (tenants.Find(id)?.Settings ?? tenants.Settings).Tunnel;
    }

    private static LimitTable Limits(IServiceProvider provider, RelaySettings settings)
    {
        var tenants = provider.GetRequiredService<TenantDirectory>();
        var limits = new LimitTable(provider.GetRequiredService<TimeProvider>(), settings.Limits.Address, id => (tenants.Find(id)?.Settings ?? tenants.Settings).Limits);
        tenants.Changed += change => limits.Change(change.Id);
        return limits;
    }

    // From the host's code, from the settings, and from the directory; whatever is wrong is told at once.
    private static PluginRegistry Plugins(IServiceProvider provider, RelayPluginsOptions options, PluginFiles files)
    {
        var faults = files.Faults.ToList();
        IEnumerable<PluginRegistration> registrations =
        [
            .. ShippedPlugins.Enabled(options),
            .. provider.GetServices<PluginRegistration>(),
            .. files.Registrations,
        ];
        var registry = PluginRegistry.Build(registrations, ShippedPlugins.Settings(options), faults, provider.GetService<IServiceProviderIsService>());
        foreach (var name in options.Custom.Keys)
        {
            if (!registry.Plugins.Any(plugin => plugin.Name == name)) faults.Add($"plugins.{name}: there is no plugin with the prefix '{name}_'");
        }

        return faults.Count == 0 ? registry : throw new RelayStartException(faults);
    }
}
