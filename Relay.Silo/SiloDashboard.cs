#if RELAY_DASHBOARD
using System.Net;
using Relay.Gateway.Telemetry;
#endif
using Relay.Gateway.Hosting;

namespace Relay.Silo;

/// <summary>
/// Orleans' dashboard of the cluster on the metrics listener, in builds that have its package (RelayDashboard=true). It shows what grains hold, and asks
/// for no name: so it answers who sits at this machine, and nobody else.
/// </summary>
internal static class SiloDashboard
{
    public const string Path = "/dashboard";

#if RELAY_DASHBOARD
    private const bool IsThere = true;

    public static ISiloBuilder AddRelayDashboard(this ISiloBuilder silo, RelayClusterOptions cluster)
    {
        // Live log lines are in the log.
        if (cluster.Dashboard.Enabled) Orleans.Dashboard.ServiceCollectionExtensions.AddDashboard(silo, static dashboard => dashboard.HideTrace = true);
        return silo;
    }

    public static void MapRelayDashboard(this WebApplication app) => Orleans.Dashboard.ServiceCollectionExtensions.MapOrleansDashboard(app, Path)
        .AddEndpointFilter(static async (call, next) => IsOperator(call.HttpContext) ? await next(call) : Results.NotFound());

    // The name too: a page elsewhere whose host's name was turned to this machine's address has another.
    private static bool IsOperator(HttpContext context) =>
        MetricsEndpoint.IsMetrics(context)
        && context.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from)
        && (context.Request.Host.Host is "localhost" || (IPAddress.TryParse(context.Request.Host.Host, out var name) && IPAddress.IsLoopback(name)));
#else
    private const bool IsThere = false;

    public static ISiloBuilder AddRelayDashboard(this ISiloBuilder silo, RelayClusterOptions cluster) => silo;

    public static void MapRelayDashboard(this WebApplication app)
    {
    }
#endif

    public static SettingsCheck Check { get; } = new([ClusterSettings.Section + ".dashboard.enabled"], (settings, _) =>
        settings.Cluster.Dashboard.Enabled && !IsThere ? "needs a build of Relay.Silo with -p:RelayDashboard=true" : null);
}
