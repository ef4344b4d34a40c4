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
        var clients = Enumerable.Range(0, connections).Select(number => new DrainClient(number, relays, tally, new("tally_one"))).ToList();
        using var load = await DrainLoad.StartAsync(clients, tally, connections);
        await Task.Delay(DrainTables.Before); // at load

        var began = Stopwatch.GetTimestamp();
        first.Terminate();
        var code = await first.ExitAsync().WaitAsync(TimeSpan.FromSeconds(4 * seconds));
        var ended = Stopwatch.GetTimestamp();
        var took = Stopwatch.GetElapsedTime(began, ended);
        await load.BackAsync(clients);
        await load.StopAsync();
        var (handled, answered) = (first.Said("handled ([0-9]+)"), tally.Answered(0));
        folder.Delete(recursive: true);

        Console.WriteLine($"{connections} connections, {connections} requests a second, server.drain_timeout {seconds} s");
        Console.WriteLine($"exit code {code} after {took.TotalSeconds:0.0} s");
        DrainTables.Requests(tally, began, ended);
        Console.WriteLine($"answered by the relay that stopped {answered}, by the other {tally.Answered(1)}, handled without an answer {handled - answered}");
        var told = DrainTables.Spread("told to go", clients.Select(static client => client.Told), began);
        DrainTables.Spread("back", clients.Select(static client => client.Back), began);
        if (code != 0 || took.TotalSeconds > seconds || tally.Open > 0 || tally.Twice > 0 || handled != answered || clients.Exists(static client => client.Back is null) || told.Max() > 2 * told.Average())
            throw new InvalidOperationException("The stop did not hold what it promises.");
    }

    private static ChildProcess Start(string folder, int seconds)
    {
        Directory.CreateDirectory(folder);
        return ChildProcess.Start(
            "relay listening on (http:\\S+)", folder, typeof(DrainRun).Assembly.Location, "drain-relay",
            "--server:port", "0", "--metrics:enabled", "false", "--logging:level", "warn", "--server:drain_timeout", $"{seconds}s");
    }
}
