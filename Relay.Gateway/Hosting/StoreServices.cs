using Microsoft.Extensions.DependencyInjection.Extensions;
using Relay.Core.Plugins;
using Relay.Gateway.Storage.Postgres;
using Relay.Gateway.Storage.Sqlite;

namespace Relay.Gateway.Hosting;

/// <summary>The store that the settings name.</summary>
internal static class StoreServices
{
    /// <summary>
    /// Adds <see cref="IPluginStoreProvider"/>, unless the host has one of its own, and with PostgreSQL the <see cref="IIncarnationSource"/>
    /// that its fences ask for. The store is opened when it is first asked for.
    /// </summary>
    public static IServiceCollection AddRelayStore(this IServiceCollection services, RelayStorageOptions options)
    {
        if (options.Postgres.ConnectionString.Length == 0)
        {
            services.AddSingleton(provider => SqliteStore.Start(
                new SqliteStoreOptions(options.Sqlite.Path), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteStore>>()));
            services.TryAddSingleton<IPluginStoreProvider>(static provider => provider.GetRequiredService<SqliteStore>());
            return services;
        }

        services.AddSingleton(provider => PostgresStore.Start(
            new PostgresStoreOptions(options.Postgres.ConnectionString) { Connections = options.Postgres.Connections, Timeout = options.Postgres.Timeout },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PostgresStore>>()));
        services.TryAddSingleton<IPluginStoreProvider>(static provider => provider.GetRequiredService<PostgresStore>());
        services.TryAddSingleton<IIncarnationSource>(static provider => provider.GetRequiredService<PostgresStore>().Incarnations);
        return services;
    }
}
