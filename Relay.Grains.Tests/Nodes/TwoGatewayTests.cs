using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Runtime;
using Relay.Gateway.Hosting;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Grains.Tests.Nodes;

/// <summary>Two gateways of a cluster: nodes dial in at one, callers call at the other.</summary>
internal static class TwoGateways
{
    // Leases that a machine which is busy with other tests does not let run out.
    private static readonly ClusterOptions Cluster = new(1, TimeSpan.FromSeconds(3)) { RetryDelay = TimeSpan.FromMilliseconds(50), AnnounceInterval = TimeSpan.FromMilliseconds(100) };

    public static async Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services = null)
    {
        var (probe, options) = (new Probe(), RelayServices.Options(change?.Invoke(new()) ?? new()));
        var cluster = await RelayCluster.StartAsync(options, [typeof(TestPlugin)], probe, Cluster, clock: time, silos: 1);
        return new(await RelayAsync(), await RelayAsync(), () => cluster.Logged.All, async () =>
        {
            probe.Dispose();
            await cluster.DisposeAsync();
        });

        async Task<RelayServer> RelayAsync()
        {
            var gateway = await cluster.StartGatewayAsync();
            return await RelayServer.StartAsync(change, host =>
            {
                host.AddSingleton<IRelayRuntime>(gateway).AddSingleton(cluster.Counters);
                services?.Invoke(host);
            }, time);
        }
    }
}

public sealed class TwoGatewayCallTests : NodeCallTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => TwoGateways.StartAsync(change, time, services);
}

public sealed class TwoGatewayErrorTests : NodeErrorTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => TwoGateways.StartAsync(change, time, services);
}

public sealed class TwoGatewayMisbehaviourTests : NodeMisbehaviourTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => TwoGateways.StartAsync(change, time, services);
}

public sealed class TwoGatewayMustHoldTests : NodeMustHoldTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => TwoGateways.StartAsync(change, time, services);
}

public sealed class TwoGatewayStreamTests : StreamTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => TwoGateways.StartAsync(change, time, services);
}

public sealed class TwoGatewayApiTests : NodesApiTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => TwoGateways.StartAsync(change, time, services);
}
