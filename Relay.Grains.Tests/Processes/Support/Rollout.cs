using Xunit.Abstractions;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>Every process of a cluster of two gateways is stopped in good order and another one started in its place, one by one, under users who come back.</summary>
internal static class Rollout
{
    private const int Users = 60;

    /// <summary>Each request has an outcome, none ran twice, and no connection is left behind.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="nodes">Its processes; the last two are the gateways.</param>
    /// <param name="replace">Starts another one in the place of one that has ended.</param>
    /// <param name="between">What else has to be true each time that one has been replaced.</param>
    /// <param name="output">Where it says what came of the requests.</param>
    public static async Task RunAsync(ProcessCluster cluster, NodeProcess[] nodes, Func<NodeProcess, NodeProcess> replace, Func<Task> between, ITestOutputHelper output)
    {
        var users = Enumerable.Range(0, Users).Select(i => Returning.Start($"u{i}", attempt => nodes[nodes.Length - 2 + ((i + attempt) % 2)])).ToList();
        try
        {
            await Task.WhenAll(users.Select(static user => user.ServedAsync()));
            for (var i = 0; i < nodes.Length; i++)
            {
                nodes[i].Terminate();
                Assert.Equal(0, await nodes[i].ExitAsync());
                if (nodes[i].Role == "silo") await cluster.Ledger.EndedAsync(nodes[i].Id);
                var other = replace(nodes[i]);
                await other.ReadyAsync();
                nodes[i] = other;
                await Task.WhenAll(users.Select(static user => user.ServedAsync()));
                await between();
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
            Outcomes.NoPluginCrashed(await Crowd.ListedAsync(nodes[^2], open));
        }
        finally
        {
            foreach (var user in users) await user.DisposeAsync();
        }
    }
}
