using Microsoft.Extensions.DependencyInjection.Extensions;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Limits;
using Relay.Gateway.Nodes;
using Relay.Gateway.Storage;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tunnel;
using Relay.Gateway.Webhooks;

namespace Relay.Gateway.Hosting;

/// <summary>The metrics as parts of a process.</summary>
internal static class MetricServices
{
    /// <summary>Adds the instruments over what counts in this process and, unless they are off, those who read them.</summary>
    public static IServiceCollection AddRelayMetrics(this IServiceCollection services, RelayMetricsOptions options)
    {
        services.AddSingleton<OtlpExports>();
        if (!options.Enabled) return services;
        services.AddSingleton(provider => new RelayMetrics(Sources(provider, options)));
        services.TryAddSingleton<IMetricsExposition, PrometheusExporter>();
        services.AddSingleton(provider => new RelayTelemetry(
            provider.GetRequiredService<RelayMetrics>(),
            provider.GetRequiredService<IMetricsExposition>(),
            provider.GetRequiredService<OtlpExports>().Metrics,
            provider.GetRequiredService<ILogger<RelayTelemetry>>(),
            options));
        services.AddHostedService(static provider => provider.GetRequiredService<RelayTelemetry>());
        return services;
    }

    /// <summary>Answers scrapes, unless the metrics are off.</summary>
    public static void UseRelayMetrics(this WebApplication app, string? beside = null)
    {
        if (app.Services.GetService<RelayTelemetry>() is { } telemetry)
            app.UseMetrics(telemetry.Scrapes, app.Services.GetRequiredService<TimeProvider>(), beside);
    }

    private static MetricSources Sources(IServiceProvider provider, RelayMetricsOptions options)
    {
        var (limits, runtime) = (provider.GetRequiredService<LimitTable>(), provider.GetService<IRelayRuntime>());
        return new()
        {
            Gateway = provider.GetRequiredService<GatewayCounters>(),
            Connections = provider.GetService<ConnectionRegistry>() is { } registry ? new(registry) : null,
            Tunnels = provider.GetRequiredService<TunnelCounters>(),
            Limits = limits.Counters,
            Tenants = new(limits, options.MaxTenants),
            Runtime = provider.GetRequiredService<RuntimeCounters>(),
            Rooms = runtime?.Rooms.Counters ?? new(),
            Nodes = runtime?.Nodes.Counters ?? new(),
            Calls = provider.GetRequiredService<NodeCallCounters>(),
            Webhooks = provider.GetRequiredService<WebhookCounters>(),
            Store = provider.GetService<IPluginStoreProvider>() as IDurableStore,
            Cluster = provider.GetService<ClusterHealth>(),
            Drain = provider.GetRequiredService<DrainProgress>(),
            Otlp = provider.GetRequiredService<OtlpExports>(),
        };
    }
}
