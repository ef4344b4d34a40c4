using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;
using Relay.Core.Runtime;

namespace Relay.Grains;

/// <summary>Puts the cluster's parts into a host.</summary>
public static class ClusterHosting
{
    /// <summary>
    /// Hubs live on this silo. Takes <see cref="RuntimeOptions"/>, the plugins' registry and stores, and a logger factory from the host's services.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="options">How the cluster works; the same everywhere.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddRelayHubs(this ISiloBuilder silo, ClusterOptions options)
    {
        silo.Services.AddCluster(options);
        silo.Services.TryAddSingleton(static services => new RuntimeClock(services.GetRequiredService<TimeProvider>()));
        silo.Services.AddSingleton<SiloHubs>();
        silo.Services.AddSingleton<HubRuntime>(static services => services.GetRequiredService<SiloHubs>());
        silo.AddGrainService<SiloInbox>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, HubsLeave>();
        silo.AddPlacementDirector<HubPlacement, HubPlacementDirector>();
        silo.AddIncomingGrainCallFilter<TenantCallFilter>();
#pragma warning disable ORLEANSEXP003 // The other one ends hubs on silos that live, when the part of it that named them is lost.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003

        // Otherwise no actor of a lost silo, and none that its part of the directory knew, begins anew for 18 s, so that the lost one has noticed
        // by then. Here it may speak meanwhile: hubs have epochs, plugins' stores fence (DESIGN rule 7).
        silo.Configure<GrainDirectoryOptions>(static directory => directory.RangeLeaseDuration = TimeSpan.Zero);
        return silo;
    }

    /// <summary>
    /// The silo hosts grains of plugins' authors, and plugins may call them. On every silo, because a grain may be placed on any; who is only a
    /// gateway speaks to no such grain and needs nothing.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="assemblies">Assemblies of plugins, with grains or without.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddAuthorsGrains(this ISiloBuilder silo, IEnumerable<Assembly> assemblies)
    {
        silo.Services.AddSerializer(parts =>
        {
            foreach (var assembly in assemblies) parts.AddAssembly(assembly);
        });
        return silo;
    }

    /// <summary>The runtime of a gateway: over the silo in the same host, or over the client that the host has to the cluster.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">How the cluster works; the same everywhere.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddOrleansRuntime(this IServiceCollection services, ClusterOptions options)
    {
        services.AddCluster(options);
        services.AddSingleton(static provider => new OrleansRuntime(
            provider.GetRequiredService<IGrainFactory>(),
            provider.GetRequiredService<ClusterOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<RuntimeCounters>(),
            provider.GetRequiredService<RuntimeOptions>(),
            provider.GetService<SiloHubs>()));
        services.AddSingleton<IRelayRuntime>(static provider => provider.GetRequiredService<OrleansRuntime>());
        services.AddHostedService(static provider => provider.GetRequiredService<OrleansRuntime>());
        services.AddSingleton<IClusterConnectionStatusObserver, LostWays>();
        return services;
    }

    /// <summary>The cluster's outbox of events, for any process. Silos take <see cref="IEventOutboxes"/> from the host's services.</summary>
    /// <param name="services">The host's services.</param>
    /// <returns>The outbox.</returns>
    public static IEventOutbox ClusterOutbox(this IServiceProvider services) => new ClusterEventOutbox(services.GetRequiredService<IGrainFactory>(), services.GetRequiredService<TimeProvider>(), TimeSpan.FromSeconds(15));

    private static void AddCluster(this IServiceCollection services, ClusterOptions options)
    {
        services.TryAddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RuntimeCounters>();
        services.TryAddSingleton<ITenantStore, ClusterTenantStore>();
    }
}
