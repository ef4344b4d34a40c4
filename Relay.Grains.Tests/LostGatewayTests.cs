using Microsoft.Extensions.DependencyInjection;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests;

/// <summary>A gateway in the process of a silo that is lost.</summary>
public sealed class LostGatewayTests : ClusterTest
{
    [Fact]
    public async Task ItIsGoneOnceItsSiloIsDeclaredDeadAndNoOtherIs()
    {
        var (stays, dies) = (Cluster.Silos[0], Cluster.Silos[1]);
        var (near, lost) = (await Cluster.StartGatewayAsync(stays), await Cluster.StartGatewayAsync(dies));
        var hubs = stays.ServiceProvider.GetRequiredService<SiloHubs>();
        Assert.False(hubs.IsLost(lost.Gateway));
        await Cluster.KillAsync(dies);
        await Eventually.Async(async () =>
        {
            await First.DescribeAsync(User("alice")); // so that the machine does something else as well
            return hubs.IsLost(lost.Gateway);
        });
        Assert.False(hubs.IsLost(near.Gateway));
        Assert.False(hubs.IsLost(First.Gateway));
        Assert.Equal("t_said", (await (await JoinAsync(near)).AskAsync("t_say", "r1")).Outcome());
    }
}
