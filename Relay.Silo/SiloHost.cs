using System.Net;
using System.Net.Sockets;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;
using Relay.Grains;

namespace Relay.Silo;

/// <summary>A node of a cluster as a host: hubs, the front door, or both, by its role.</summary>
internal static partial class SiloHost
{
    public static async Task RunAsync(
        ClusterRole role, RelaySettings settings, Stream? logFile, TextWriter output, Action<IServiceCollection>? configure = null)
    {
        if (role != ClusterRole.Gateway) CheckPorts(settings.Cluster);
        var app = Build(role, settings, logFile, configure);
        var (log, cluster) = (app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SiloHost)), settings.Cluster);
        if (role == ClusterRole.Gateway)
            LogGateway(log, SettingForms.Membership.Show(cluster.Membership), cluster.Id);
        else
            LogSilo(log, SettingForms.Role.Show(role), SettingForms.Membership.Show(cluster.Membership), cluster.Id, cluster.Host, cluster.SiloPort, cluster.GatewayPort);
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await RelayHost.RunAsync(app, settings, output);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop while it still waited for its cluster.
            LogNeverStarted(log);
        }
        catch (OrleansException error)
        {
            // Told in a sentence, as an address that is in use is.
            throw new IOException("the cluster cannot be joined: " + error.Message, error);
        }
    }

    public static WebApplication Build(ClusterRole role, RelaySettings settings, Stream? logFile, Action<IServiceCollection>? configure = null)
    {
        var builder = RelayHost.CreateBuilder("Relay.Silo", settings, logFile);
        var (services, options) = (builder.Services, new ClusterOptions(settings.Cluster.CentralShards, settings.Cluster.SyncInterval) { LeaveTime = settings.Server.DrainTimeout });
        configure?.Invoke(services);
        services.AddSingleton<IMetricsExposition, OfficialExposition>();
        services.AddRelay(settings).AddSingleton<RuntimeCounters>().AddSingleton<ClusterHealth>().AddHostedService<MembershipProbe>();
        if (role == ClusterRole.Gateway)
        {
            builder.UseOrleansClient(client => client.UseRelayCluster(settings.Cluster));
        }
        else
        {
            var files = PluginFiles.Load(settings.Plugins.Directory);
            services.AddRelayPlugins(settings, files);
            services.AddWebhookOutboxes();
            services.AddSingleton<IReadiness, SiloReadiness>();
            services.AddHostedService<MembershipLog>();
            services.AddHostedService<LostSilos>();
            services.AddHostedService<SuspendedHubs>();
            builder.UseOrleans(silo => silo.UseRelayCluster(settings.Cluster).AddRelayHubs(options).AddAuthorsGrains(files.Assemblies).AddRelayDashboard(settings.Cluster));

            // Clients have drain_timeout to go; then the silo has the same to end its hubs and to leave.
            services.Configure<HostOptions>(host => host.ShutdownTimeout = 2 * settings.Server.DrainTimeout + TimeSpan.FromSeconds(1));
        }

        // In every process: what happens at hubs and rooms is told where their silo is, what happens to sockets where they end.
        services.AddWebhooks(static provider => provider.ClusterOutbox());

        // A silo calls nodes on its users' behalf: to the cluster it is a gateway where nobody connects.
        services.AddOrleansRuntime(options);
        if (role == ClusterRole.Silo) services.AddChatNodes();
        else services.AddRelayGateway(settings);
        var app = builder.Build();
        if (role != ClusterRole.Gateway)
        {
            // Made now, so that what is wrong with plugins or storage is a start-up error.
            app.Services.GetRequiredService<PluginRegistry>();
            app.Services.GetRequiredService<IPluginStoreProvider>();
        }

        var dashboard = role != ClusterRole.Gateway && settings.Cluster.Dashboard.Enabled;
        var besideMetrics = dashboard ? SiloDashboard.Path : null;
        if (role == ClusterRole.Silo)
            UseHealthOnly(app, besideMetrics);
        else
            app.UseRelayGateway(besideMetrics);
        if (dashboard) app.MapRelayDashboard();
        return app;
    }

    // A silo listens on a port even when another one does already, and the cluster takes it for the same silo started anew and
    // ends the other. Two silos with the default ports on one machine must not do that to each other.
    private static void CheckPorts(RelayClusterOptions cluster)
    {
        foreach (var port in (int[])[cluster.SiloPort, cluster.GatewayPort])
        {
            using var listener = new TcpListener(IPAddress.Parse(cluster.Host), port);
            try
            {
                listener.Start();
            }
            catch (SocketException error)
            {
                throw new IOException($"cannot listen on {cluster.Host}:{port} (cluster.host, cluster.silo_port, cluster.gateway_port): {error.Message}", error);
            }
        }
    }

    private static void UseHealthOnly(WebApplication app, string? besideMetrics)
    {
        app.UseRelayMetrics(besideMetrics);
        app.UseRouting();
        app.MapHealth();
    }

    [LoggerMessage(5001, LogLevel.Information, "Role {Role}, membership {Membership}, cluster {Cluster}: silo at {Host}:{SiloPort}, for gateways at port {GatewayPort}")]
    private static partial void LogSilo(ILogger logger, string role, string membership, string cluster, string host, int siloPort, int gatewayPort);

    [LoggerMessage(5002, LogLevel.Information, "Role gateway, membership {Membership}, cluster {Cluster}")]
    private static partial void LogGateway(ILogger logger, string membership, string cluster);

    [LoggerMessage(5003, LogLevel.Information, "Told to stop before the cluster was there")]
    private static partial void LogNeverStarted(ILogger logger);
}
