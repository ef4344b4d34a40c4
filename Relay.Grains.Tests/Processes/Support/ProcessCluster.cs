using System.Globalization;
using System.Text.Json;
using Relay.Tests.Support;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>Processes that are one cluster, with a Redis name and a database of its own. It ends with the test.</summary>
internal sealed class ProcessCluster : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = Journal.Patience };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-cluster-");
    private readonly PluginFolder _plugins = new();
    private readonly Dictionary<NodeProcess, string[]> _nodes = [];
    private readonly string? _build;
    private readonly string[] _settings;
    private readonly (string Name, string Value)[] _environment;

    private ProcessCluster(Servers servers, string? build, string[] settings)
    {
        _build = build;
        LedgerPlugin.CompileInto(_plugins);
        _settings =
        [
            "--cluster:membership", "redis", "--cluster:id", "test-" + Guid.NewGuid().ToString("N")[..8], "--plugins:directory", _plugins.Path,
            // A machine that is busy with tests takes its time.
            "--storage:postgres:timeout", "15s", .. settings,
        ];
        _environment =
        [
            ("RELAY_CLUSTER__REDIS__CONNECTION_STRING", servers.Redis.ConnectionString),
            ("RELAY_STORAGE__POSTGRES__CONNECTION_STRING", servers.Postgres.CreateDatabase()),
            (LedgerPlugin.Port, Ledger.Port.ToString(CultureInfo.InvariantCulture)),
        ];
    }

    public Ledger Ledger { get; } = new();

    /// <summary>Starts a cluster of processes with these roles, and settings that all of them have.</summary>
    public static Task<(ProcessCluster Cluster, NodeProcess[] Nodes)> StartAsync(Servers servers, string[] roles, params string[] settings) => StartAsync(servers, null, roles, settings);

    /// <summary>Starts a cluster of another build, whose Relay.Silo.dll is given.</summary>
    public static async Task<(ProcessCluster Cluster, NodeProcess[] Nodes)> StartAsync(Servers servers, string? build, string[] roles, params string[] settings)
    {
        var cluster = new ProcessCluster(servers, build, settings);
        try
        {
            var silos = roles.Where(static role => role != "gateway").Select(cluster.Start).ToArray();
            await Task.WhenAll(silos.Select(static silo => silo.ReadyAsync()));
            foreach (var silo in silos) await SeesAsync(silo, silos.Length);
            // Afterwards: one that finds a single silo would have all its first hubs there.
            var gateways = roles.Where(static role => role == "gateway").Select(cluster.Start).ToArray();
            await Task.WhenAll(gateways.Select(static gateway => gateway.ReadyAsync()));
            return (cluster, [.. silos, .. gateways]);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts another process, which is not ready yet.</summary>
    public NodeProcess Start(string role) =>
        Start(_build, role, ["--cluster:silo_port", Ports.Next().ToString(CultureInfo.InvariantCulture), "--cluster:gateway_port", Ports.Next().ToString(CultureInfo.InvariantCulture)]);

    /// <summary>Starts a process that has ended once more, at the same ports.</summary>
    public NodeProcess StartAgain(NodeProcess ended) => StartAgain(ended, _build);

    /// <summary>Starts another build in the place of a process that has ended; null is this one.</summary>
    public NodeProcess StartAgain(NodeProcess ended, string? build) => Start(build, ended.Role, _nodes[ended]);

    /// <summary>Awaits that a silo knows of so many, all of them active.</summary>
    public static Task SeesAsync(NodeProcess silo, int silos, int start = 0) => silo.Log.LineAsync(
        line => line.Contains("[5004] Cluster, version", StringComparison.Ordinal) && Count(line, " Active") == silos && Count(line, "127.0.0.1:") == silos, start);

    /// <summary>The hubs as a gateway lists them, all of the tenant.</summary>
    public static async Task<Dictionary<string, JsonElement>> HubsAsync(NodeProcess gateway)
    {
        using var listing = JsonDocument.Parse(await Http.GetStringAsync(new Uri(gateway.Url, "/api/v1/hubs?limit=1000")));
        return listing.RootElement.GetProperty("hubs").EnumerateArray().ToDictionary(static hub => hub.GetProperty("user_id").GetString()!, static hub => hub.Clone());
    }

    /// <summary>The connections of a hub in <see cref="HubsAsync"/>.</summary>
    public static string[] Connections(Dictionary<string, JsonElement> hubs, string user) =>
        hubs.TryGetValue(user, out var hub) ? [.. hub.GetProperty("connections").EnumerateArray().Select(static id => id.GetString()!).Order(StringComparer.Ordinal)] : [];

    public async ValueTask DisposeAsync()
    {
        foreach (var (node, _) in _nodes) await node.DisposeAsync();
        Ledger.Dispose();
        _plugins.Dispose();
        _folder.Delete(recursive: true);
    }

    private NodeProcess Start(string? build, string role, string[] ports)
    {
        var node = NodeProcess.Start(build, role, _folder.FullName, [.. _settings, .. ports], _environment);
        _nodes.Add(node, ports);
        return node;
    }

    private static int Count(string line, string part) => line.Split(part).Length - 1;
}
