using System.Text.Json;
using Relay.Grains.Tests.Processes.Support;

namespace Relay.Grains.Tests.Processes;

/// <summary>Two tabs of a user at two gateways append to one state, each from what it has read last, while the hub's silo is lost.</summary>
[Collection(ProcessTests.Name)]
[Trait("Category", "Processes")]
public sealed class TabsTests(Servers servers)
{
    // So many acknowledged writes of each tab before, between and after.
    private const int Writes = 20;

    [ProcessFact]
    public async Task NoAcknowledgedWriteIsLostWhenTheSiloIsKilled()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        await using var tabs = await Crowd.JoinAsync(2, i => (nodes[2 + i], "alice"));
        var (lost, other) = await HomeAsync(cluster, nodes);
        Appender[] appenders = [new(tabs[0]), new(tabs[1])];
        await Task.WhenAll(appenders.Select(static appender => appender.AppendAsync(Writes)));
        var (seen, appending) = (other.Log.Count, appenders.Select(static appender => appender.AppendAsync(3 * Writes)).ToList());
        lost.Kill();
        await ProcessCluster.SeesAsync(other, 1, seen);
        await Task.WhenAll(appending);
        await Task.WhenAll(appenders.Select(static appender => appender.AppendAsync(Writes)));
        await AllAreThereAsync(tabs, appenders);
    }

    [ProcessFact]
    public async Task NorWhenItWakesAgainWithWritesInItsBuffers()
    {
        var (cluster, nodes) = await ProcessCluster.StartAsync(servers, ["silo", "silo", "gateway", "gateway"]);
        await using var owned = cluster;
        await using var tabs = await Crowd.JoinAsync(2, i => (nodes[2 + i], "alice"));
        var (lost, other) = await HomeAsync(cluster, nodes);
        Appender[] appenders = [new(tabs[0]), new(tabs[1])];
        await Task.WhenAll(appenders.Select(static appender => appender.AppendAsync(Writes)));
        var (seen, appending) = (other.Log.Count, appenders.Select(static appender => appender.AppendAsync(3 * Writes)).ToList());
        lost.Pause();
        await ProcessCluster.SeesAsync(other, 1, seen);
        await Task.WhenAll(appending);
        appending = [.. appenders.Select(static appender => appender.AppendAsync(Writes))];
        lost.Continue();
        Assert.Equal(134, await lost.ExitAsync());
        await Task.WhenAll(appending);
        await AllAreThereAsync(tabs, appenders);
    }

    private static async Task<(NodeProcess Home, NodeProcess Other)> HomeAsync(ProcessCluster cluster, NodeProcess[] nodes) =>
        nodes[0].Id == await cluster.Ledger.HomeOfAsync("alice") ? (nodes[0], nodes[1]) : (nodes[1], nodes[0]);

    private static async Task AllAreThereAsync(Crowd tabs, Appender[] appenders)
    {
        Assert.All(tabs, static tab => Assert.False(tab.Closed.IsCompleted, tab.ConnectionId));
        Outcomes.EachHasOne(tabs);
        var (_, data) = await tabs[0].ReadAsync();
        var state = data.GetProperty("state").Deserialize<List<long>>()!;
        Assert.Equal(state.Distinct(), state);
        Assert.Empty(appenders.SelectMany(static appender => appender.Acknowledged).Except(state));
        // Each write made the list one longer and the version one higher: none was overwritten by one that had not read it.
        Assert.Equal(state.Count, data.GetProperty("version").GetInt64());
    }

    /// <summary>Reads the state, and writes it back with one number more if nobody else has written meanwhile.</summary>
    private sealed class Appender(ClusterClient tab)
    {
        /// <summary>The numbers of the writes that were acknowledged.</summary>
        public List<long> Acknowledged { get; } = [];

        /// <summary>Goes on until so many more have been acknowledged.</summary>
        public async Task AppendAsync(int count)
        {
            for (var goal = Acknowledged.Count + count; Acknowledged.Count < goal;)
            {
                var (outcome, data) = await tab.ReadAsync();
                if (outcome == "outcome_unknown") continue;
                Assert.True(outcome is "session_state" or "session_not_found", outcome);
                var (version, state) = outcome == "session_state" ? (data.GetProperty("version").GetInt64(), data.GetProperty("state").Deserialize<List<long>>()!) : (0, []);
                var write = tab.Write(number => JsonSerializer.Serialize(state.Append(number)), version);
                await write.Outcome.WaitAsync(Journal.Patience);
                Assert.True(write.IsDone || write.Result is "session_conflict" or "outcome_unknown", $"{write}");
                if (!write.IsDone) continue;
                Assert.Equal(version + 1, write.Version);
                Acknowledged.Add(write.Number);
            }
        }
    }
}
