using System.Diagnostics;
using System.Globalization;

namespace Relay.Benchmarks.Nodes;

/// <summary>
/// What the relay and its agent add to streams of a model server: latency to the first chunk and of each chunk, beside calling the server directly, and CPU for
/// each chunk. <c>Relay.Benchmarks nodes RELAY_DLL AGENT_DLL [STREAMS [CHUNKS_PER_SECOND [SECONDS [ROUNDS]]]]</c>
/// </summary>
internal static class NodeStreams
{
    public static async Task RunAsync(string[] args)
    {
        var (streams, rate, seconds, rounds) = (Arguments.Number(args, 2, 100), Arguments.Number(args, 3, 50), Arguments.Number(args, 4, 10), Arguments.Number(args, 5, 3));
        var folder = Directory.CreateTempSubdirectory("relay-nodes-bench-");
        await using var server = await ModelServer.StartAsync(rate, rate * seconds);
        using var relay = ChildProcess.Start(
            "relay listening on (http:\\S+)", folder.FullName, args[0],
            "--server:port", "0", "--metrics:enabled", "false", "--logging:level", "none", "--storage:sqlite:path", Path.Combine(folder.FullName, "relay.db"));
        var url = await relay.FoundAsync();
        using var agent = ChildProcess.Start(
            "\"event\":\"(Connected)\"", folder.FullName, args[1],
            "node", "--json", "--relay", url, "--upstream", server.Url + "/v1", "--model", "m", "--node-id", "bench", "--concurrency", streams.ToString(CultureInfo.InvariantCulture));
        await agent.FoundAsync();

        // Code is warm when it counts.
        await StreamCaller.RunAsync(server.Url, streams, seconds: 1);
        await StreamCaller.RunAsync(url, streams, seconds: 1);
        Console.WriteLine($"{streams} streams, {rate} chunks a second each, {seconds} s, {rounds} rounds; times in ms");
        Console.WriteLine($"{"",-8} {"first p50",10} {"first p99",10} {"chunk p50",10} {"chunk p99",10} {"chunks",9} {"relay us",9} {"agent us",9}");
        Samples direct = new(), through = new();
        var (relayCpu, agentCpu) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var round = 0; round < rounds; round++)
        {
            direct.Add(await StreamCaller.RunAsync(server.Url, streams, seconds));
            var (relayBefore, agentBefore) = (relay.Cpu, agent.Cpu);
            through.Add(await StreamCaller.RunAsync(url, streams, seconds));
            relayCpu += relay.Cpu - relayBefore;
            agentCpu += agent.Cpu - agentBefore;
        }

        Print("direct", direct, TimeSpan.Zero, TimeSpan.Zero);
        Print("relay", through, relayCpu, agentCpu);
        Console.WriteLine($"{"added",-8} {Added(direct.First, through.First, 0.5)} {Added(direct.First, through.First, 0.99)} {Added(direct.Chunks, through.Chunks, 0.5)} {Added(direct.Chunks, through.Chunks, 0.99)}");
        folder.Delete(recursive: true);
        if (through.Broken + direct.Broken > 0) throw new InvalidOperationException($"{direct.Broken} direct streams and {through.Broken} through the relay broke off.");
    }

    private static string Added(List<double> direct, List<double> through, double quantile) =>
        (Samples.Quantile(through, quantile) - Samples.Quantile(direct, quantile)).ToString("0.00", CultureInfo.InvariantCulture).PadLeft(10);

    private static void Print(string what, Samples samples, TimeSpan relay, TimeSpan agent)
    {
        string Milliseconds(List<double> of, double quantile) => Samples.Quantile(of, quantile).ToString("0.00", CultureInfo.InvariantCulture).PadLeft(10);
        string Each(TimeSpan cpu) => (cpu.TotalMicroseconds / Math.Max(1, samples.Chunks.Count)).ToString("0.0", CultureInfo.InvariantCulture).PadLeft(9);
        Console.WriteLine($"{what,-8} {Milliseconds(samples.First, 0.5)} {Milliseconds(samples.First, 0.99)} {Milliseconds(samples.Chunks, 0.5)} {Milliseconds(samples.Chunks, 0.99)} {samples.Chunks.Count,9} {Each(relay)} {Each(agent)}");
    }
}

/// <summary>What was measured, in milliseconds.</summary>
internal sealed class Samples
{
    /// <summary>From the request to the first chunk.</summary>
    public List<double> First { get; } = [];

    /// <summary>From a chunk's leaving the server to its arrival.</summary>
    public List<double> Chunks { get; } = [];

    /// <summary>Streams that did not come to their end.</summary>
    public int Broken { get; set; }

    public static double Quantile(List<double> values, double quantile) => values.Order().ElementAt((int)((values.Count - 1) * quantile));

    public static double Milliseconds(long from) => Stopwatch.GetElapsedTime(from).TotalMilliseconds;

    public void Add(Samples other)
    {
        First.AddRange(other.First);
        Chunks.AddRange(other.Chunks);
        Broken += other.Broken;
    }
}
