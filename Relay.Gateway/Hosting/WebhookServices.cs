using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Gateway.Tenants;
using Relay.Gateway.Webhooks;

namespace Relay.Gateway.Hosting;

/// <summary>Webhooks as the host has them.</summary>
internal static class WebhookServices
{
    /// <summary>Adds what sends webhooks, in every process.</summary>
    public static IServiceCollection AddWebhookClient(this IServiceCollection services)
    {
        services.AddSingleton<WebhookCounters>();
        services.AddSingleton<WebhookClient>();
        services.AddSingleton(static provider => new WebhookParts(
            provider.GetRequiredService<TenantDirectory>(),
            provider.GetRequiredService<WebhookClient>(),
            provider.GetRequiredService<WebhookCounters>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WebhookOutbox>>()));
        services.AddSingleton<ConnectHook>();
        return services;
    }

    /// <summary>What happens at the hubs of this process is told, and kept in its own store until then. Before whatever ends hubs when the process stops.</summary>
    public static IServiceCollection AddLocalWebhooks(this IServiceCollection services)
    {
        services.AddSingleton(static provider =>
        {
            var process = Guid.NewGuid().ToString("N");
            return new WebhookEvents(
                process,
                provider.GetRequiredService<TenantDirectory>(),
                async cancellation => await WebhookOutbox.OpenAsync(
                    provider.GetRequiredService<IPluginStoreProvider>(),
                    0,
                    provider.GetService<IIncarnationSource>()?.Next() ?? 1,
                    process,
                    provider.GetRequiredService<WebhookParts>(),
                    cancellation),
                provider.GetRequiredService<WebhookCounters>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<WebhookEvents>>());
        });
        services.AddSingleton<IHubEvents>(static provider => provider.GetRequiredService<WebhookEvents>());
        services.AddHostedService(static provider => provider.GetRequiredService<WebhookEvents>());
        return services;
    }
}
