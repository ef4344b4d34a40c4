using Relay.Core;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
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

    /// <summary>Adds what opens outboxes in the store that the settings name.</summary>
    public static IServiceCollection AddWebhookOutboxes(this IServiceCollection services) => services.AddSingleton<IEventOutboxes, WebhookOutboxes>();

    /// <summary>What happens in this process is told, and kept until then. Stops before whatever keeps it.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="outbox">Opens what keeps it; the process's own store when there is none.</param>
    public static IServiceCollection AddWebhooks(this IServiceCollection services, Func<IServiceProvider, IEventOutbox>? outbox = null)
    {
        services.AddSingleton(provider => new WebhookEvents(
            provider.GetRequiredService<TenantDirectory>(),
            outbox is null
                ? cancellation => provider.GetRequiredService<IEventOutboxes>().OpenAsync(0, provider.GetService<IIncarnationSource>()?.Next() ?? 1, cancellation)
                : _ => Task.FromResult(outbox(provider)),
            provider.GetRequiredService<WebhookCounters>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WebhookEvents>>()));
        services.AddSingleton<IRelayEvents>(static provider => provider.GetRequiredService<WebhookEvents>());
        services.AddHostedService(static provider => provider.GetRequiredService<WebhookEvents>());
        return services;
    }
}

/// <summary>Outboxes in the store that the settings name.</summary>
internal sealed class WebhookOutboxes(IPluginStoreProvider stores, WebhookParts parts) : IEventOutboxes
{
    public async Task<IEventOutbox> OpenAsync(int part, long incarnation, CancellationToken cancellation) =>
        await WebhookOutbox.OpenAsync(stores, part, incarnation, Guid.NewGuid().ToString("N"), parts, cancellation);
}
