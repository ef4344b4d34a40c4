using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Relay.Benchmarks.Nodes;

namespace Relay.Benchmarks.Drain;

/// <summary>A cluster of processes for a measurement: two silos, of which the first is the membership, and two gateways.</summary>
internal sealed class DrainedCluster : IDisposable
{
    private readonly List<(string Name, ChildProcess Process)> _nodes = [];

    /// <summary>Where clients connect.</summary>
    public string[] Gateways { get; private set; } = [];

    /// <summary>The process of the first gateway.</summary>
    public ChildProcess First => _nodes.First(static node => node.Name == "gateway").Process;

    /// <summary>The process of the silo that is not needed for the membership.</summary>
    public ChildProcess Silo => _nodes.Last(static node => node.Name == "silo").Process;

    public static async Task<DrainedCluster> StartAsync(string silo, string folder, int seconds)
    {
        var ports = Ports(4);
        string[] common = ["--metrics:enabled", "false", "--logging:level", "info", "--server:port", "0", "--server:drain_timeout", $"{seconds}s", "--plugins:echo:enabled", "true"];
        var cluster = new DrainedCluster();
        try
        {
            await cluster.StartAsync("silo", silo, Folder(folder, "first"), [.. common, "--cluster:silo_port", ports[0], "--cluster:gateway_port", ports[1]]);
            await cluster.StartAsync("silo", silo, Folder(folder, "second"), [.. common, "--cluster:primary_port", ports[0], "--cluster:silo_port", ports[2], "--cluster:gateway_port", ports[3]]);
            await cluster._nodes[0].Process.SaidAsync("version .*Active.*Active");
            string[] gateway = [.. common, "--cluster:gateway_port", ports[1]];
            cluster.Gateways = [await cluster.StartAsync("gateway", silo, Folder(folder, "third"), gateway), await cluster.StartAsync("gateway", silo, Folder(folder, "fourth"), gateway)];
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Prints what each process takes.</summary>
    public async Task MeasureAsync(TimeSpan time, Func<long> answered)
    {
        var (before, requests) = (_nodes.ConvertAll(static node => node.Process.Cpu), answered());
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

    public void Dispose()
    {
        foreach (var (_, process) in _nodes) process.Dispose();
    }

    private async Task<string> StartAsync(string role, string silo, string folder, string[] args)
    {
        var process = ChildProcess.Start("relay listening on (http:\\S+)", folder, [silo, "--role", role, .. args]);
        _nodes.Add((role, process));
        return await process.FoundAsync();
    }

    private static string Folder(string parent, string name) => Directory.CreateDirectory(Path.Combine(parent, name)).FullName;

    private static string[] Ports(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        string[] ports = [.. listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture))];
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}
