using System.Text.Json;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>A tab that appends to the user's state: it reads the state, and writes it back with one number more if nobody else has written meanwhile.</summary>
internal sealed class Appender(ClusterClient tab)
{
    // The numbers of the writes that were acknowledged.
    private readonly List<long> _acknowledged = [];

    /// <summary>Goes on until so many more have been acknowledged.</summary>
    public async Task AppendAsync(int count)
    {
        for (var goal = _acknowledged.Count + count; _acknowledged.Count < goal;)
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
            _acknowledged.Add(write.Number);
        }
    }

    /// <summary>What all of a user's tabs were told to be written is there once, and nothing was overwritten by a tab that had not read it.</summary>
    public static async Task AllAreThereAsync(ClusterClient reader, IEnumerable<Appender> appenders)
    {
        var (_, data) = await reader.ReadAsync();
        var state = data.GetProperty("state").Deserialize<List<long>>()!;
        Assert.Equal(state.Distinct(), state);
        Assert.Empty(appenders.SelectMany(static appender => appender._acknowledged).Except(state));
        // Each write made the list one longer and the version one higher.
        Assert.Equal(state.Count, data.GetProperty("version").GetInt64());
    }
}
