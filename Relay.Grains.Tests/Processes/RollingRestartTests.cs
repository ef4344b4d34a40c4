using Relay.Grains.Tests.Processes.Support;
using Xunit.Abstractions;

namespace Relay.Grains.Tests.Processes;

/// <summary>All processes are stopped in good order and started again, one by one.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
[Trait("Category", "Long")]
public sealed class RollingRestartTests(Servers servers, ITestOutputHelper output)
{
    [ProcessFact]
    public async Task EachRequestHasAnOutcomeAndNoConnectionIsLeftBehind()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        await Rollout.RunAsync(cluster, nodes, cluster.StartAgain, static () => Task.CompletedTask, output);
    }
}
