using System.Globalization;
using Relay.Benchmarks.Nodes;

namespace Relay.Benchmarks.Drain;

/// <summary>A cluster of processes for a measurement: three silos and two gateways over a Redis and a PostgreSQL of their own.</summary>
internal sealed class DrainedCluster : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-drain-bench-");
    private readonly List<(string Name, ChildProcess Process)> _nodes = [];
    private readonly string _build;
    private SharedServers? _servers;

    private DrainedCluster(string build) => _build = build;

    /// <summary>Where clients connect.</summary>
    public string[] Gateways { get; private set; } = [];

    /// <summary>The first process of a role.</summary>
    public ChildProcess First(string role) => _nodes.First(node => node.Name.StartsWith(role, StringComparison.Ordinal)).Process;

    /// <summary>When hubs have begun anew, as gateways say in their logs.</summary>
    public List<DateTimeOffset> Moves() =>
        [.. _nodes.SelectMany(static node => node.Process.Lines("\\[4003\\]")).Select(static line => DateTimeOffset.Parse(line.AsSpan(0, line.IndexOf(' ')), CultureInfo.InvariantCulture))];

    public static async Task<DrainedCluster> StartAsync(string build, int drainSeconds)
    {
        var cluster = new DrainedCluster(build);
        try
        {
            cluster._servers = await SharedServers.StartAsync(cluster._folder.FullName);
            string[] common =
            [
                "--metrics:enabled", "false", "--logging:level", "info", "--server:port", "0", "--server:drain_timeout", $"{drainSeconds}s", "--plugins:echo:enabled", "true",
                "--cluster:membership", "redis", "--cluster:redis:connection_string", cluster._servers.Redis, "--storage:postgres:connection_string", cluster._servers.Postgres,
            ];
            for (var silo = 1; silo <= 3; silo++)
            {
                var ports = SharedServers.FreePorts(2);
                await cluster.StartAsync("silo", silo, [.. common, "--cluster:silo_port", ports[0], "--cluster:gateway_port", ports[1]]);
            }

            // A gateway that finds a single silo would have its first hubs there.
            foreach (var (_, silo) in cluster._nodes) await silo.SaidAsync("version .*Active.*Active.*Active");
            cluster.Gateways = [await cluster.StartAsync("gateway", 1, common), await cluster.StartAsync("gateway", 2, common)];
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>What each process has taken of the processors until now.</summary>
    public List<TimeSpan> Cpu() => _nodes.ConvertAll(static node => node.Process.HasExited ? default : node.Process.Cpu);

    /// <summary>Prints what each process takes.</summary>
    public async Task MeasureAsync(TimeSpan time, Func<long> answered)
    {
        var (before, requests) = (Cpu(), answered());
        await Task.Delay(time);
        requests = answered() - requests;
        foreach (var ((name, process), cpu) in _nodes.Zip(before))
        {
            var took = process.Cpu - cpu;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {process.Resident / 1_000_000} MB resident, {took / time * 100:0} % of a core, {took.TotalMicroseconds / Math.Max(1, requests):0.0} µs for each of {requests / time.TotalSeconds:0} requests a second"));
        }
    }

    /// <summary>What the processes that are still there have taken of the processors since then.</summary>
    public string CpuSince(List<TimeSpan> before) => string.Join(", ", _nodes.Zip(before).Where(static node => !node.First.Process.HasExited)
        .Select(static node => string.Create(CultureInfo.InvariantCulture, $"{node.First.Name} {(node.First.Process.Cpu - node.Second).TotalSeconds:0.0} s")));

    public void Dispose()
    {
        foreach (var (_, process) in _nodes) process.Dispose();
        _servers?.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<string> StartAsync(string role, int number, string[] args)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{role} {number}");
        var process = ChildProcess.Start("relay listening on (http:\\S+)", _folder.CreateSubdirectory(name).FullName, [_build, "--role", role, .. args]);
        _nodes.Add((name, process));
        return await process.FoundAsync();
    }
}
