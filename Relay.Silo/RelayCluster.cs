using System.Net;
using Orleans.Configuration;
using Relay.Gateway.Hosting;
using OrleansClusterOptions = Orleans.Configuration.ClusterOptions;

namespace Relay.Silo;

/// <summary>How a process takes part in its cluster: where the others are, how it listens, how soon a lost one is given up.</summary>
internal static class RelayCluster
{
    private const string ServiceId = "relay";

    // A call that is not answered by now is retried or given up; the framework's half minute would keep a client waiting as long.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan OpenConnectionTimeout = TimeSpan.FromSeconds(2);

    public static ISiloBuilder UseRelayCluster(this ISiloBuilder silo, RelayClusterOptions cluster)
    {
        silo.Configure<OrleansClusterOptions>(options => Name(options, cluster));
        silo.Configure<ClusterMembershipOptions>(Probe);
        silo.Configure<SiloMessagingOptions>(static options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<ConnectionOptions>(static options => options.OpenConnectionTimeout = OpenConnectionTimeout);
        switch (cluster.Membership)
        {
            case ClusterMembership.Localhost:
                var primary = cluster.PrimaryPort == 0 ? null : new IPEndPoint(IPAddress.Loopback, cluster.PrimaryPort);
                silo.UseLocalhostClustering(cluster.SiloPort, cluster.GatewayPort, primary, ServiceId, cluster.Id);
                break;
            case ClusterMembership.Redis:
                // Listens at that address only: these ports ask for no password.
                silo.ConfigureEndpoints(IPAddress.Parse(cluster.Host), cluster.SiloPort, cluster.GatewayPort);
                silo.UseRedisClustering(_ => { });
                silo.Services.AddRedisMembership(cluster);
                break;
        }

        return silo;
    }

    public static IClientBuilder UseRelayCluster(this IClientBuilder client, RelayClusterOptions cluster)
    {
        client.Configure<OrleansClusterOptions>(options => Name(options, cluster));
        client.Configure<ClientMessagingOptions>(static options => options.ResponseTimeout = ResponseTimeout);
        client.Configure<ConnectionOptions>(static options => options.OpenConnectionTimeout = OpenConnectionTimeout);

        // A new silo is used this soon.
        // A silo that hangs passes on what is for others as long as it is in the list.
        client.Configure<GatewayOptions>(static options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1));
        client.Services.AddSingleton<ClusterConnection>();
        client.Services.AddSingleton<IReadiness>(static provider => provider.GetRequiredService<ClusterConnection>());
        client.Services.AddSingleton<IClientConnectionRetryFilter>(static provider => provider.GetRequiredService<ClusterConnection>());
        client.Services.AddSingleton<IClusterConnectionStatusObserver>(static provider => provider.GetRequiredService<ClusterConnection>());
        switch (cluster.Membership)
        {
            case ClusterMembership.Localhost:
                client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, cluster.GatewayPort));
                break;
            case ClusterMembership.Redis:
                client.UseRedisClustering(_ => { });
                client.Services.AddRedisMembership(cluster);
                break;
        }

        return client;
    }

    private static void Name(OrleansClusterOptions options, RelayClusterOptions cluster) => (options.ServiceId, options.ClusterId) = (ServiceId, cluster.Id);

    // A lost silo is declared dead within 5 s, see docs/operations.md for what was measured.
    private static void Probe(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.NumMissedProbesLimit = 3;

        // Left alone the framework goes from half of that to four times as much, by how fast answers were.
        options.MinProbeTimeout = options.MaxProbeTimeout = options.ProbeTimeout;

        // With it no vote counts for as long as three probes may take at the most, 12 s, after anything came from the silo; what comes from one
        // that hangs came before it did, and gateways are given up after 10 s.
        options.EnableConnectionLivenessCheck = false;

        // A probe by way of a third silo has the same time limit at both ends, so that of a silo that hangs the answer mostly comes
        // too late to count: declared dead after 9 s with them, after 4 s without.
        options.EnableIndirectProbes = false;

        // Of two silos one vote is enough: the framework never asks for more than half of those that are left.
        options.NumVotesForDeathDeclaration = 2;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);

        // A silo that starts over the entries of a cluster that crashed as a whole cannot outvote them. It gives up after a minute and
        // is started again; by then they have not renewed themselves three times, and count for nothing.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
        options.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }
}
