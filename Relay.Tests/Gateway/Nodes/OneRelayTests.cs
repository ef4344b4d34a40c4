using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Nodes;

/// <summary>One relay with nothing beside it.</summary>
internal static class OneRelay
{
    public static async Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => await RelayServer.StartAsync(change, services, time);
}

public sealed class OneRelayCallTests : NodeCallTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => OneRelay.StartAsync(change, time, services);
}

public sealed class OneRelayErrorTests : NodeErrorTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => OneRelay.StartAsync(change, time, services);
}

public sealed class OneRelayMisbehaviourTests : NodeMisbehaviourTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => OneRelay.StartAsync(change, time, services);
}

public sealed class OneRelayMustHoldTests : NodeMustHoldTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => OneRelay.StartAsync(change, time, services);
}

public sealed class OneRelayStreamTests : StreamTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => OneRelay.StartAsync(change, time, services);
}

public sealed class OneRelayApiTests : NodesApiTests
{
    private protected override Task<NodeHouse> StartAsync(Func<RelaySettings, RelaySettings>? change, ManualTime? time, Action<IServiceCollection>? services) => OneRelay.StartAsync(change, time, services);
}
