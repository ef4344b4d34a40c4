using System.Diagnostics;
using System.Globalization;
using Relay.Benchmarks.Nodes;

namespace Relay.Benchmarks.Drain;

/// <summary>
/// Two gateways and two silos, as processes. Of the gateways one is stopped under load, and its clients go to the other one; then a
/// silo is stopped, and nobody goes anywhere. Before that, what each process takes.
/// <c>Relay.Benchmarks drain-cluster RELAY.SILO.DLL [CONNECTIONS [DRAIN_SECONDS [PAUSE_SECONDS]]]</c>.
/// </summary>
internal static class ClusterDrain
{
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(string[] args)
    {
        var (silo, connections, seconds, pause) = (Path.GetFullPath(args[0]), Arguments.Number(args, 1, 5000), Arguments.Number(args, 2, 10), Arguments.Number(args, 3, 1));
        var folder = Directory.CreateTempSubdirectory("relay-drain-bench-");
        using var cluster = await DrainedCluster.StartAsync(silo, folder.FullName, seconds);
        var tally = new DrainTally();
        // Half of them at each gateway; who is told to go goes to the other one.
        var clients = Enumerable.Range(0, connections)
            .Select(number => new DrainClient(number, number % 2 == 0 ? cluster.Gateways : [cluster.Gateways[1]], tally, new("echo_say", "echo_said", TimeSpan.FromSeconds(pause))))
            .ToList();
        var moving = clients.Where(static (_, number) => number % 2 == 0).ToList();
        using var stop = new CancellationTokenSource();
        var runs = await DrainRun.JoinAsync(clients, stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(3)); // at load
        Console.WriteLine($"{connections} connections at two gateways, a request each {pause} s, server.drain_timeout {seconds} s");
        await cluster.MeasureAsync(Measured, () => tally.Answered.Sum());

        var (gone, began) = await StopAsync("gateway", cluster.First, seconds, tally);
        var deadline = TimeSpan.FromSeconds(60);
        while (moving.Exists(static client => client.Back is null) && Stopwatch.GetElapsedTime(began) < deadline && !runs.Any(static run => run.IsFaulted)) await Task.Delay(100);
        var told = DrainRun.Spread("told to go", moving.Select(static client => client.Told), began);
        DrainRun.Spread("back at the other gateway", moving.Select(static client => client.Back), began);
        await Task.Delay(TimeSpan.FromSeconds(2));

        var slowest = tally.TakeSlowest();
        var (ended, _) = await StopAsync("silo", cluster.Silo, 2 * seconds, tally);
        // What it had in hand is with the other silo now; each client has been answered from there.
        await Task.Delay(TimeSpan.FromSeconds(pause + 3));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the slowest answer until the silo was stopped {slowest.TotalSeconds:0.00} s, afterwards {tally.TakeSlowest().TotalSeconds:0.00} s"));
        await stop.CancelAsync();
        await Task.WhenAll(runs).WaitAsync(TimeSpan.FromSeconds(60));
        folder.Delete(recursive: true);
        Console.WriteLine($"answered {tally.Answered.Sum()}, not taken and sent again {tally.Again}, outcome unknown {tally.Unknown}, without an outcome {tally.Lost}");
        if (!gone || !ended || tally.Lost > 0 || moving.Exists(static client => client.Back is null) || clients.Except(moving).Any(static client => client.Told is not null) || told.Max() > 2 * told.Average())
            throw new InvalidOperationException("The stops did not hold what they promise.");
    }

    private static async Task<(bool InTime, long Began)> StopAsync(string what, ChildProcess process, int seconds, DrainTally tally)
    {
        var (answered, unknown, again, began) = (tally.Answered.Sum(), tally.Unknown, tally.Again, Stopwatch.GetTimestamp());
        process.Terminate();
        var code = await process.ExitAsync().WaitAsync(TimeSpan.FromSeconds(4 * seconds));
        var took = Stopwatch.GetElapsedTime(began);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"the {what}: exit code {code} after {took.TotalSeconds:0.0} s; {tally.Answered.Sum() - answered} requests answered meanwhile, {tally.Again - again} not taken and sent again, {tally.Unknown - unknown} with an unknown outcome"));
        return (code == 0 && took.TotalSeconds <= seconds, began);
    }
}
