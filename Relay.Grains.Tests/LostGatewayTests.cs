using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests;

/// <summary>A gateway that is lost with the silo in whose process it was.</summary>
public sealed class LostGatewayTests : ClusterTest
{
    // So long a gateway that does not answer is asked again.
    private protected override ClusterOptions ClusterOptions => new(4, TimeSpan.FromMinutes(10)) { RetryDelay = TimeSpan.FromMilliseconds(50), AnnounceInterval = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task AHubThatBeginsAnewDoesNotWaitForIt()
    {
        // The directory has to be left, which knows the gateway.
        var directory = await Cluster.SiloOfAsync(Cluster.Grains.Gateways());
        var (user, client) = ("", (Client?)null);
        for (var i = 0; client is null || Cluster.SiloOf(First, User(user)) == directory; i++) client = await JoinAsync(First, user = $"u{i}");
        var silo = Cluster.SiloOf(First, User(user));
        await Cluster.StartGatewayAsync(silo);
        await Cluster.KillAsync(silo);
        // What was on its way to the silo is answered as well when the next hub is there, and not before.
        Assert.Contains((await client.AskAsync("t_say", "r1")).Outcome(), ["t_said", "outcome_unknown"]);
    }
}
