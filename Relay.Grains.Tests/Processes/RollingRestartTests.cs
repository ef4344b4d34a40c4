using Relay.Grains.Tests.Processes.Support;
using Xunit.Abstractions;

namespace Relay.Grains.Tests.Processes;

/// <summary>All processes are stopped in good order and started again, one by one.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class RollingRestartTests(Servers servers, ITestOutputHelper output)
{
    private const int Users = 60;

    [ProcessFact]
    public async Task EachRequestHasAnOutcomeAndNoConnectionIsLeftBehind()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        var users = Enumerable.Range(0, Users).Select(i => Returning.Start($"u{i}", attempt => nodes[2 + ((i + attempt) % 2)])).ToList();
        try
        {
            await Task.WhenAll(users.Select(static user => user.ServedAsync()));
            for (var i = 0; i < nodes.Length; i++)
            {
                nodes[i].Terminate();
                Assert.Equal(0, await nodes[i].ExitAsync());
                if (nodes[i].Role == "silo") await cluster.Ledger.EndedAsync(nodes[i].Id);
                var again = cluster.StartAgain(nodes[i]);
                await again.ReadyAsync();
                nodes[i] = again;
                await Task.WhenAll(users.Select(static user => user.ServedAsync()));
            }

            foreach (var user in users) await user.StopAsync();
            var connections = users.SelectMany(static user => user.Connections).ToList();
            var requests = connections.SelectMany(static connection => connection.Requests).ToList();
            output.WriteLine($"{requests.Count} requests over {connections.Count} connections: {string.Join(", ", requests.GroupBy(static request => request.Result).Select(static group => $"{group.Count()} {group.Key}"))}");
            Outcomes.EachHasOne(connections);
            await Outcomes.NoneRanTwiceAsync(cluster.Ledger, requests);
            // What a leaving silo had begun with may be unknown; what it had not went to its successor.
            Assert.All(requests, static request => Assert.True(request.IsDone || request.MayHaveRun || request.Result == "going_away", $"{request}"));
            Assert.All(users, static user => Assert.DoesNotContain("hub_creation_failed", user.Refusals));
            var open = users.Select(static user => user.Connections.Last()).ToList();
            Assert.All(open, static connection => Assert.False(connection.Closed.IsCompleted, connection.User));
            await Task.WhenAll(open.Select(connection => Outcomes.WritesAreThereAsync(connection, requests)));
            Outcomes.NoPluginCrashed(await Crowd.ListedAsync(nodes[2], open));
        }
        finally
        {
            foreach (var user in users) await user.DisposeAsync();
        }
    }
}
