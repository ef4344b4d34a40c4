using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Relay.Benchmarks.Nodes;
using Relay.Tests.Gateway.Storage.Postgres;

namespace Relay.Benchmarks.Drain;

/// <summary>The Redis and the PostgreSQL of a cluster that is measured, for this measurement alone.</summary>
internal sealed class SharedServers : IDisposable
{
    private readonly string _database = PostgresPrograms.CreateFolder();
    private readonly ChildProcess _redis;
    private readonly string _postgresPort;

    private SharedServers(string folder)
    {
        var ports = FreePorts(2);
        (Redis, _postgresPort) = ($"127.0.0.1:{ports[0]}", ports[1]);
        _redis = ChildProcess.StartProgram("redis-server", "(Ready) to accept connections", folder, ["--port", ports[0], "--bind", "127.0.0.1", "--dir", folder, "--save", ""]);
    }

    /// <summary>How to connect to Redis.</summary>
    public string Redis { get; }

    /// <summary>How to connect to PostgreSQL.</summary>
    public string Postgres => $"Host=127.0.0.1;Port={_postgresPort};Username=relay;Database=postgres;SSL Mode=Disable;GSS Encryption Mode=Disable";

    private string Data => Path.Combine(_database, "data");

    public static async Task<SharedServers> StartAsync(string folder)
    {
        var servers = new SharedServers(folder);
        try
        {
            PostgresPrograms.Run("initdb", "-D", servers.Data, "-U", "relay", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C");
            PostgresPrograms.Run(
                "pg_ctl", "start", "-D", servers.Data, "-w", "-l", Path.Combine(servers._database, "log"), "-o", $"-p {servers._postgresPort} -k {servers._database} -c listen_addresses=127.0.0.1 -c fsync=off");
            await servers._redis.FoundAsync();
            return servers;
        }
        catch
        {
            servers.Dispose();
            throw;
        }
    }

    /// <summary>Ports for programs that take no port 0.</summary>
    public static string[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        string[] ports = [.. listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture))];
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    public void Dispose()
    {
        _redis.Dispose();
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) PostgresPrograms.Run("pg_ctl", "stop", "-D", Data, "-m", "immediate", "-w");
        Directory.Delete(_database, recursive: true);
    }
}
