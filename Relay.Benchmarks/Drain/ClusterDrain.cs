using System.Diagnostics;
using System.Globalization;

namespace Relay.Benchmarks.Drain;

/// <summary>
/// A cluster of three silos and two gateways, with a third of the hubs at each silo and half of the clients at each gateway, under load. In one run a silo
/// is stopped: its hubs go on at the others, and no client goes anywhere. In the other a gateway is stopped, and its clients go to the other one.
/// <c>Relay.Benchmarks drain-cluster RELAY.SILO.DLL [CONNECTIONS [DRAIN_SECONDS [PER_SECOND [silo | gateway]]]]</c>.
/// </summary>
internal static class ClusterDrain
{
    // One request of a client in so many writes its session.
    private const int WriteEvery = 8;

    public static async Task RunAsync(string[] args)
    {
        var (silo, connections, seconds, rate) = (Path.GetFullPath(args[0]), Arguments.Number(args, 1, 5000), Arguments.Number(args, 2, 10), Arguments.Number(args, 3, 1000));
        Console.WriteLine($"{connections} connections at two gateways, {rate} requests a second, three silos, server.drain_timeout {seconds} s");
        var holds = true;
        foreach (var role in args.Length > 4 ? args[4..] : ["silo", "gateway"]) holds &= await StopAsync(silo, role, connections, seconds, rate);
        if (!holds) throw new InvalidOperationException("The stops did not hold what they promise.");
    }

    private static async Task<bool> StopAsync(string silo, string role, int connections, int seconds, int rate)
    {
        using var cluster = await DrainedCluster.StartAsync(silo, seconds);
        var tally = new DrainTally();
        // Half of them at each gateway; who is told to go goes to the other one.
        var clients = Enumerable.Range(0, connections)
            .Select(number => new DrainClient(number, number % 2 == 0 ? cluster.Gateways : [cluster.Gateways[1]], tally, new("echo_say", WriteEvery)))
            .ToList();
        using var load = await DrainLoad.StartAsync(clients, tally, rate);
        await Task.Delay(TimeSpan.FromSeconds(10)); // at load, and compiled
        Console.WriteLine($"\nbefore the {role} is stopped:");
        await cluster.MeasureAsync(DrainTables.Before, () => tally.Outcomes.Count);

        var (process, cpu, time, began) = (cluster.First(role), cluster.Cpu(), DateTimeOffset.UtcNow, Stopwatch.GetTimestamp());
        process.Terminate();
        var code = await process.ExitAsync().WaitAsync(TimeSpan.FromSeconds(4 * seconds));
        var ended = Stopwatch.GetTimestamp();
        var took = Stopwatch.GetElapsedTime(began, ended);
        var cost = cluster.CpuSince(cpu);
        List<DrainClient> moving = role == "gateway" ? clients.FindAll(client => client.Number % 2 == 0) : [];
        await load.BackAsync(moving);
        await Task.Delay(DrainTables.Before);
        await load.StopAsync();

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the {role}: exit code {code} after {took.TotalSeconds:0.0} s"));
        Console.WriteLine($"CPU of the others until then: {cost}");
        DrainTables.Requests(tally, began, ended);
        DrainTables.Spread("hubs that began anew", cluster.Moves().Where(at => at > time).Select(at => at - time));
        var told = DrainTables.Spread("told to go", clients.Select(static client => client.Told), began);
        if (moving.Count > 0) DrainTables.Spread("back at the other gateway", moving.Select(static client => client.Back), began);
        return code == 0 && took.TotalSeconds <= seconds && tally.Open == 0 && tally.Twice == 0
            && moving.TrueForAll(static client => client.Back is not null) && clients.Count(static client => client.Told is not null) == moving.Count && told.Max() <= 2 * told.Average();
    }
}
