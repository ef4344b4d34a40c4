using Microsoft.Extensions.DependencyInjection;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests.Contract;

/// <summary>A cluster of three silos, and the runtime of a gateway in front of it.</summary>
internal class ClusterHost : ContractHost
{
    // One part, because the contract's limit of hubs per tenant is each part's.
    private static readonly ClusterOptions Cluster = new(1, TimeSpan.FromSeconds(5));

    private readonly RelayCluster _cluster;
    private readonly OrleansRuntime _gateway;
    private OrleansRuntime? _another;

    public ClusterHost(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe, bool inSilo = false) => (_cluster, _gateway) = Task.Run(async () =>
    {
        var cluster = await RelayCluster.StartAsync(options, plugins, probe, Cluster);
        return (cluster, await (inSilo ? cluster.StartGatewayAsync(cluster.Silos[0]) : cluster.StartGatewayAsync()));
    }).GetAwaiter().GetResult();

    public override IRelayRuntime Runtime => _gateway;

    public override RuntimeCounters Counters => _cluster.Counters;

    /// <summary>A second gateway in front of the same silos.</summary>
    public OrleansRuntime Another() => _another ??= Task.Run(_cluster.StartGatewayAsync).GetAwaiter().GetResult();

    public override void Advance(TimeSpan by) => _cluster.Time.Advance(by);

    public override void Interrupt(TenantId tenant)
    {
        foreach (var silo in _cluster.Silos) silo.ServiceProvider.GetRequiredService<SiloHubs>().Interrupt(one => one == tenant);
    }

    // What is under way between processes and on the pool takes a moment in which the clock must not run ahead by much: a few calls there and back.
    public override async Task SettleAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            await Task.Run(static () => { });
            await _gateway.ListHubsAsync(TenantId.Default, null, 10);
        }
    }

    public override bool KnowsRoomAtOnce => false;

    public override Task<string[]> NeighboursAsync(int count) => _cluster.NeighboursAsync(_gateway, TenantId.Default, count);

    public override void Dispose() => Task.Run(async () => await _cluster.DisposeAsync()).GetAwaiter().GetResult();
}

public sealed class ClusterJoinTests : JoinContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterOrderTests : OrderContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterCrashTests : CrashContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterLimitTests : LimitContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterDetachTests : DetachContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterPushTests : PushContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterCollectionTests : CollectionContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterRoomContractTests : RoomContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterRoomHistoryTests : RoomHistoryContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterPeerTests : PeerContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterNodeTests : NodeContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class TwoGatewayNodeTests : NodeContract
{
    private protected override IRelayRuntime NodesAt => ((ClusterHost)Host).Another();

    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}

public sealed class ClusterOperationsTests : OperationsContract
{
    private protected override ContractHost Create(RuntimeOptions options, IReadOnlyList<Type> plugins, Probe probe) => new ClusterHost(options, plugins, probe);
}
