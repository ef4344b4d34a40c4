using System.Diagnostics;
using Relay.Benchmarks.Nodes;
using Relay.Core.Plugins;
using Relay.Gateway.Hosting;

namespace Relay.Benchmarks.Drain;

/// <summary>
/// A relay is stopped under load, and its clients go to another one: whether each request has an outcome, how the clients are spread, and how long it takes.
/// <c>Relay.Benchmarks drain [CONNECTIONS [DRAIN_SECONDS]]</c>; <c>drain-relay</c> is the relay that it starts.
/// </summary>
internal static class DrainRun
{
    private static readonly TimeSpan Bin = TimeSpan.FromMilliseconds(500);

    public static async Task<int> ServeAsync(string[] args)
    {
        var code = await RelayApplication.RunAsync(args, static services => services.AddRelayPlugin<TallyPlugin>());
        Console.WriteLine($"handled {TallyPlugin.Handled}");
        return code;
    }

    public static async Task RunAsync(string[] args)
    {
        var (connections, seconds) = (Arguments.Number(args, 0, 5000), Arguments.Number(args, 1, 10));
        var folder = Directory.CreateTempSubdirectory("relay-drain-bench-");
        using var first = Start(Path.Combine(folder.FullName, "first"), seconds);
        using var second = Start(Path.Combine(folder.FullName, "second"), seconds);
        string[] relays = [await first.FoundAsync(), await second.FoundAsync()];
        var tally = new DrainTally();
        var clients = Enumerable.Range(0, connections).Select(number => new DrainClient(number, relays, tally, new("tally_one", "tally_done", TimeSpan.FromSeconds(1)))).ToList();
        using var stop = new CancellationTokenSource();
        var runs = await JoinAsync(clients, stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(3)); // at load

        var (answered, began) = (tally.Answered[0], Stopwatch.GetTimestamp());
        first.Terminate();
        var ended = first.ExitAsync();
        await ended.WaitAsync(TimeSpan.FromSeconds(4 * seconds));
        var took = Stopwatch.GetElapsedTime(began);
        var deadline = TimeSpan.FromSeconds(60);
        while (tally.Back < connections && Stopwatch.GetElapsedTime(began) < deadline && !runs.Any(static run => run.IsFaulted)) await Task.Delay(100);
        await stop.CancelAsync();
        await Task.WhenAll(runs).WaitAsync(TimeSpan.FromSeconds(30));
        var handled = first.Said("handled ([0-9]+)");
        folder.Delete(recursive: true);

        Console.WriteLine($"{connections} connections, {tally.Answered[0] / 1000} thousand requests before the end, server.drain_timeout {seconds} s");
        Console.WriteLine($"exit code {await ended} after {took.TotalSeconds:0.0} s");
        Console.WriteLine($"answered by the relay that stopped {tally.Answered[0]} ({tally.Answered[0] - answered} of them while it stopped), by the other {tally.Answered[1]}");
        Console.WriteLine($"not taken and sent again {tally.Again}, handled without an answer {handled - tally.Answered[0]}, without an outcome {tally.Lost + tally.Unknown}, back {tally.Back}");
        var told = Spread("told to go", clients.Select(static client => client.Told), began);
        Spread("back", clients.Select(static client => client.Back), began);
        if (await ended != 0 || took.TotalSeconds > seconds || tally.Lost + tally.Unknown > 0 || handled != tally.Answered[0] || tally.Back < connections || told.Max() > 2 * told.Average())
            throw new InvalidOperationException("The stop did not hold what it promises.");
    }

    // Only what may be under way at a time: a crowd that joins at once is another measurement.
    public static async Task<List<Task>> JoinAsync(List<DrainClient> clients, CancellationToken stop)
    {
        using var free = new SemaphoreSlim(50);
        var left = clients.Count;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = new List<Task>();
        foreach (var client in clients)
        {
            await free.WaitAsync(stop);
            runs.Add(client.RunAsync(
                () =>
                {
                    free.Release();
                    if (Interlocked.Decrement(ref left) == 0) all.TrySetResult();
                },
                stop));
        }

        await Task.WhenAny(all.Task, Task.WhenAny(runs).Unwrap()).Unwrap();
        return runs;
    }

    public static List<int> Spread(string what, IEnumerable<long?> at, long began)
    {
        var times = at.OfType<long>().Select(each => Stopwatch.GetElapsedTime(began, each)).Order().ToList();
        var bins = times.GroupBy(static time => (int)(time / Bin)).ToDictionary(static bin => bin.Key, static bin => bin.Count());
        var counts = times.Count == 0 ? [] : Enumerable.Range(0, bins.Keys.Max() + 1).Select(bin => bins.GetValueOrDefault(bin)).ToList();
        Console.WriteLine($"{what}, in each half second: {string.Join(' ', counts)}");
        return counts.Count == 0 ? [0] : counts;
    }

    private static ChildProcess Start(string folder, int seconds)
    {
        Directory.CreateDirectory(folder);
        return ChildProcess.Start(
            "relay listening on (http:\\S+)", folder, typeof(DrainRun).Assembly.Location, "drain-relay",
            "--server:port", "0", "--metrics:enabled", "false", "--logging:level", "warn", "--server:drain_timeout", $"{seconds}s");
    }
}
