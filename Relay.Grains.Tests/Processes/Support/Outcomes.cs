using System.Text.Json;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>What has to be true of requests whatever is killed.</summary>
internal static class Outcomes
{
    /// <summary>Each has exactly one terminal, or its socket broke first; nobody was told anything else.</summary>
    public static void EachHasOne(IEnumerable<ClusterClient> clients)
    {
        foreach (var client in clients)
        {
            Assert.Empty(client.Faults);
            Assert.All(client.Requests, static request => Assert.True(request.Terminals == (request.Result == Request.Broken ? 0 : 1), $"{request}, {request.Terminals} terminals"));
        }
    }

    /// <summary>What was said to be done ran once; what has an unknown outcome ran once or not at all, and what was refused did not.</summary>
    public static async Task NoneRanTwiceAsync(Ledger ledger, IReadOnlyList<Request> requests)
    {
        await ledger.CaughtUpAsync(requests);
        var runs = ledger.Runs;
        foreach (var request in requests.Where(static request => request.Type == "run_once"))
        {
            var ran = runs.GetValueOrDefault($"{request.Number}", []).Length;
            Assert.True(request.IsDone ? ran == 1 : ran <= (request.MayHaveRun ? 1 : 0), $"{request}, ran {ran} times");
        }
    }

    /// <summary>What was not done was under way at a loss: its socket broke, or the user's hub began anew.</summary>
    public static void OthersAreDone(IEnumerable<Request> requests, HashSet<string> moved) =>
        Assert.All(requests, request => Assert.True(request.IsDone || request.Result == Request.Broken || (request.IsUnknown && moved.Contains(request.User)), $"{request}"));

    /// <summary>Once a connection whose hub was lost with its process has been served by another one, none of its later requests has an unknown outcome.</summary>
    public static void UnknownOnlyUntilServedAgain(Ledger ledger, IEnumerable<Request> requests, int lost, Dictionary<string, int> homes)
    {
        var runs = ledger.Runs;
        foreach (var connection in requests.Where(request => homes[request.User] == lost).GroupBy(static request => request.By))
        {
            var served = connection.Where(request => runs.TryGetValue($"{request.Number}", out var processes) && !processes.Contains(lost)).Select(static request => request.Number).DefaultIfEmpty(long.MaxValue).Min();
            Assert.All(connection, request => Assert.True(!request.IsUnknown || request.Number < served, $"{request}, after {served} was served"));
        }
    }

    /// <summary>Each write that was acknowledged counted up the version once, and the state is that of the last of them, or of one whose outcome is not known.</summary>
    public static async Task WritesAreThereAsync(ClusterClient reader, IEnumerable<Request> requests)
    {
        var writes = requests.Where(request => request.Type == "session_set_state" && request.User == reader.User).ToList();
        var done = writes.Where(static write => write.IsDone).OrderBy(static write => write.Version).ToList();
        if (done.Count == 0) return;
        Assert.Equal(done.Count, done.Select(static write => write.Version).Distinct().Count());
        // A connection's own are done in the order in which it sent them.
        foreach (var own in done.GroupBy(static write => write.By)) Assert.Equal(own.OrderBy(static write => write.Number), own);
        var (outcome, data) = await reader.ReadAsync();
        Assert.True(outcome == "session_state", $"{reader.User}: {outcome}");
        Assert.InRange(data.GetProperty("version").GetInt64(), done[^1].Version, done.Count + writes.Count(static write => write.MayHaveRun));
        var last = data.GetProperty("state").GetInt64();
        Assert.Contains(writes, write => write.Number == last && (write == done[^1] || write.MayHaveRun));
    }

    /// <summary>No plugin has crashed.</summary>
    public static void NoPluginCrashed(Dictionary<string, JsonElement> hubs)
    {
        foreach (var (user, hub) in hubs)
            foreach (var plugin in hub.GetProperty("plugins").EnumerateObject())
                Assert.True(plugin.Value.GetProperty("crashes").GetInt32() == 0 && !plugin.Value.GetProperty("status").ValueEquals("failed"), $"{user}: {plugin}");
    }
}
