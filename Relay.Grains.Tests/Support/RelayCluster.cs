using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Tests.Contract;
using Relay.Tests.Support;

namespace Relay.Grains.Tests.Support;

/// <summary>
/// Silos with hubs in this process, and gateways in front of them. The hubs' clock stands until a test moves it; leases, retries and Orleans
/// itself live on the system's.
/// </summary>
internal sealed class RelayCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly ClusterOptions _options;
    private readonly RuntimeOptions _runtime;
    private readonly List<OrleansRuntime> _gateways = [];
    private readonly LoggerFactory _logs;

    private RelayCluster(
        InProcessTestCluster cluster, ClusterOptions options, RuntimeOptions runtime, RuntimeCounters counters, ManualTime time, MemoryStores stores, RecordedEvents logged) =>
        (_cluster, _options, _runtime, Counters, Time, Stores, Logged, _logs) = (cluster, options, runtime, counters, time, stores, logged, new([logged]));

    public RuntimeCounters Counters { get; }

    public ManualTime Time { get; }

    public MemoryStores Stores { get; }

    /// <summary>What silos and gateways have logged.</summary>
    public RecordedEvents Logged { get; }

    /// <summary>The calls that silos, and the gateways in them, have made of each other and of gateways outside, by their methods.</summary>
    public CountedCalls Calls { get; private init; } = new();

    /// <summary>What comes between the gateways outside and the silos.</summary>
    public TappedCalls FromGateways { get; private init; } = new();

    /// <summary>What silos keep events in.</summary>
    public MemoryOutboxes Outboxes { get; private init; } = new();

    public IGrainFactory Grains => _cluster.Client;

    public IReadOnlyList<InProcessSiloHandle> Silos => _cluster.Silos;

    public static async Task<RelayCluster> StartAsync(
        RuntimeOptions runtime, IReadOnlyList<Type> plugins, Probe probe, ClusterOptions options, PluginFiles? files = null, ManualTime? clock = null, short silos = 3)
    {
        var faults = new List<string>();
        files ??= new([], []);
        var registry = PluginRegistry.Build([.. plugins.Select(type => new PluginRegistration(type)), .. files.Registrations], _ => PluginSettings.None, faults);
        Assert.Empty(faults);
        var (counters, time, stores, logged) = (new RuntimeCounters(), clock ?? new ManualTime(), new MemoryStores(), new RecordedEvents());
        var (calls, fromGateways, outboxes) = (new CountedCalls(), new TappedCalls(), new MemoryOutboxes());
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(runtime).AddSingleton(registry).AddSingleton<IPluginStoreProvider>(stores).AddSingleton(probe).AddSingleton<IRelayEvents>(probe).AddSingleton<IEventOutboxes>(outboxes);
            silo.Services.AddSingleton<ILoggerProvider>(logged);
            silo.Services.AddSingleton(new RuntimeClock(time)).AddSingleton(counters);
            silo.Configure<SiloMessagingOptions>(static messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(5));
            silo.Configure<ClusterMembershipOptions>(static membership =>
            {
                membership.ProbeTimeout = TimeSpan.FromSeconds(1);
                membership.NumMissedProbesLimit = 2;
            });
            silo.AddRelayHubs(options).AddAuthorsGrains(files.Assemblies);
            silo.AddOutgoingGrainCallFilter(calls);
        });
        builder.ConfigureClient(client => client
            .AddOutgoingGrainCallFilter(fromGateways)
            .Configure<ClientMessagingOptions>(static messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(5)));
        var cluster = new RelayCluster(new(builder.Options, new SiloPorts()), options, runtime, counters, time, stores, logged) { Calls = calls, FromGateways = fromGateways, Outboxes = outboxes };
        await cluster._cluster.DeployAsync();
        return cluster;
    }

    /// <summary>Another process in front of the silos, as far as they can tell.</summary>
    public Task<OrleansRuntime> StartGatewayAsync() => StartAsync(new(_cluster.Client, _options, TimeProvider.System, _logs, Counters, _runtime));

    /// <summary>A gateway in the process of a silo: the role all.</summary>
    public Task<OrleansRuntime> StartGatewayAsync(InProcessSiloHandle silo)
    {
        var services = silo.ServiceProvider;
        return StartAsync(new(services.GetRequiredService<IGrainFactory>(), _options, TimeProvider.System, _logs, Counters, _runtime, services.GetRequiredService<SiloHubs>()));
    }

    /// <summary>Users whose hubs are on one silo; they have hubs then.</summary>
    public async Task<string[]> NeighboursAsync(OrleansRuntime gateway, TenantId tenant, int count)
    {
        var users = new List<(string User, string Silo)>();
        while (true)
        {
            var user = new UserKey(tenant, $"u{users.Count}");
            var connection = new RecordingConnection("first", user.UserId, tenant.Name);
            var link = (await gateway.JoinAsync(user, connection)).Link!;
            users.Add((user.UserId, gateway.Find(user)!.Silo));
            link.Leave();
            if (users.GroupBy(static one => one.Silo).FirstOrDefault(silo => silo.Count() == count) is { } found) return [.. found.Select(static one => one.User)];
        }
    }

    /// <summary>The silo that a user's hub is on, by a connection that the gateway has there.</summary>
    public InProcessSiloHandle SiloOf(OrleansRuntime gateway, UserKey user) =>
        _cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == gateway.Find(user)!.Silo);

    /// <summary>The silo that an actor is on.</summary>
    public async Task<InProcessSiloHandle> SiloOfAsync(IAddressable grain)
    {
        var activation = await _cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return _cluster.Silos.Single(silo => silo.SiloAddress.Equals(activation));
    }

    /// <summary>The silo leaves in good order.</summary>
    public Task LeaveAsync(InProcessSiloHandle silo) => _cluster.StopSiloAsync(silo);

    /// <summary>The silo is gone without a word to anybody, as far as a process can do that to a part of itself.</summary>
    public Task KillAsync(InProcessSiloHandle silo) => _cluster.KillSiloAsync(silo);

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.StopAsync();
            gateway.Dispose();
        }

        await _cluster.DisposeAsync();
        _logs.Dispose();
        // A turn that threw is logged as 2001.
        Assert.Empty(Logged.Of(2001));
        Assert.Equal(0, Counters.TurnFaults);
        Assert.Empty(Calls.InAGrainsName);
    }

    private async Task<OrleansRuntime> StartAsync(OrleansRuntime gateway)
    {
        await gateway.StartAsync(CancellationToken.None);
        _gateways.Add(gateway);
        return gateway;
    }
}
