using System.Globalization;
using Relay.Benchmarks.Nodes;

namespace Relay.Benchmarks.Tenants;

/// <summary>
/// What a tenant at its limits, that floods every job, does to another tenant's latency: the other's p99 in quiet, while the same flood goes to another relay of this
/// machine (what the machine itself costs), and under the flood, in one run, turn by turn. <c>Relay.Benchmarks tenants RELAY_DLL AGENT_DLL [SECONDS [ROUNDS]]</c>.
/// The flood comes from a process of its own that gets only the processor time which nobody else wants.
/// </summary>
internal static class TenantsFairness
{
    private const double Bound = 2;
    private const int WarmSeconds = 2;

    private const string Settings = """
        server: { port: 0 }
        metrics: { enabled: false }
        logging: { level: none }
        plugins: { echo: { enabled: true } }
        tunnel: { allow: ["127.0.0.0/8:*"], tenant_bytes_per_second: 5000000 }
        tenants:
          quiet: {}
          loud:
            limits: { tenant_connections: 100, tenant_connects_per_second: 20, tenant_messages_per_second: 1000, tenant_bytes_per_second: 5000000 }
        """;

    /// <summary>The flood's own process.</summary>
    public static async Task FloodAsync(string relay)
    {
        using var sink = new TcpSide(echoes: false);
        Console.WriteLine("flooding");
        await new LoudTenant(new Uri(relay), sink).RunAsync(CancellationToken.None);
    }

    public static async Task<int> RunAsync(string[] args)
    {
        var (seconds, rounds) = (Arguments.Number(args, 2, 10), Arguments.Number(args, 3, 3));
        var folder = Directory.CreateTempSubdirectory("relay-tenants-bench-");
        var settings = Path.Combine(folder.FullName, "relay.yaml");
        await File.WriteAllTextAsync(settings, Settings);
        await using var server = await ModelServer.StartAsync(1000, 1);
        using var relay = ChildProcess.Start("relay listening on (http:\\S+)", folder.FullName, args[0], "--config-file", settings);
        using var elsewhere = ChildProcess.Start("relay listening on (http:\\S+)", folder.CreateSubdirectory("other").FullName, args[0], "--config-file", settings);
        var (url, urlElsewhere) = (await relay.FoundAsync(), await elsewhere.FoundAsync());
        using var agent = ChildProcess.Start(
            "\"event\":\"(Connected)\"", folder.FullName, args[1], "node", "--json", "--relay", url + "/t/quiet", "--upstream", server.Url + "/v1", "--model", "m", "--node-id", "bench", "--concurrency", "8");
        await agent.FoundAsync();
        using var echo = new TcpSide(echoes: true);
        using var quiet = new QuietTenant(new Uri(url), echo);

        // Code is warm when it counts.
        await quiet.RunAsync(TimeSpan.FromSeconds(3));
        Dictionary<string, List<double>> alone = [], aside = [], beside = [];
        var cpu = TimeSpan.Zero;
        for (var round = 0; round < rounds; round++)
        {
            Add(alone, await quiet.RunAsync(TimeSpan.FromSeconds(seconds)));
            await UnderFloodAsync(urlElsewhere, aside);
            cpu -= relay.Cpu;
            await UnderFloodAsync(url, beside);
            cpu += relay.Cpu;
        }

        var within = Print(alone, aside, beside);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the relay took {cpu.TotalSeconds / ((seconds + WarmSeconds) * rounds) * 100:0} % of a core under the flood"));
        folder.Delete(recursive: true);
        return within ? 0 : 1;

        async Task UnderFloodAsync(string target, Dictionary<string, List<double>> took)
        {
            using var flood = ChildProcess.StartIdle("(flooding)", folder.FullName, typeof(TenantsFairness).Assembly.Location, "tenants-flood", target);
            await flood.FoundAsync();
            await quiet.RunAsync(TimeSpan.FromSeconds(WarmSeconds));
            Add(took, await quiet.RunAsync(TimeSpan.FromSeconds(seconds)));
        }
    }

    private static bool Print(Dictionary<string, List<double>> alone, Dictionary<string, List<double>> aside, Dictionary<string, List<double>> beside)
    {
        Console.WriteLine($"{"ms",-9} {"alone p50",10} {"alone p99",10} {"other p50",10} {"other p99",10} {"flood p50",10} {"flood p99",10} {"p99 times",10} {"count",7}");
        var within = true;
        foreach (var (job, took) in alone)
        {
            var (before, after) = (Samples.Quantile(took, 0.99), Samples.Quantile(beside[job], 0.99));
            within &= after <= Bound * before;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{job,-9} {Samples.Quantile(took, 0.5),10:0.00} {before,10:0.00} {Samples.Quantile(aside[job], 0.5),10:0.00} {Samples.Quantile(aside[job], 0.99),10:0.00} {Samples.Quantile(beside[job], 0.5),10:0.00} {after,10:0.00} {after / before,10:0.0} {beside[job].Count,7}"));
        }

        Console.WriteLine(within ? "within twice the quiet value" : "BEYOND twice the quiet value");
        return within;
    }

    private static void Add(Dictionary<string, List<double>> to, IReadOnlyDictionary<string, List<double>> from)
    {
        foreach (var (job, took) in from)
        {
            if (!to.TryGetValue(job, out var all)) to.Add(job, all = []);
            all.AddRange(took);
        }
    }
}
