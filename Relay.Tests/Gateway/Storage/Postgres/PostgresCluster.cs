using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Relay.Gateway.Storage.Postgres;

namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>A PostgreSQL server of the tests' own on a port of the loopback interface, with a database for each test that asks.</summary>
public sealed class PostgresCluster : IDisposable
{
    public const string Password = "s3cret-of-the-tests";

    private readonly Lock _lock = new();
    private readonly int _port = FreePort();
    private string? _folder;
    private int _databases;

    public int Port => _port;

    private string Data => Path.Combine(_folder!, "data");

    /// <summary>Makes an empty database.</summary>
    /// <returns>How to connect to it.</returns>
    public string CreateDatabase()
    {
        lock (_lock)
        {
            if (_folder is null) Create();
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        Execute(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={_port};Username=relay;Password={Password};Database={database};SSL Mode=Disable;GSS Encryption Mode=Disable";

    internal static PostgresStore Open(
        string database, TimeProvider? time = null, ILogger<PostgresStore>? logger = null, Func<PostgresStoreOptions, PostgresStoreOptions>? change = null)
    {
        var options = new PostgresStoreOptions(database) { Connections = 2 };
        return PostgresStore.Start(change?.Invoke(options) ?? options, time ?? TimeProvider.System, logger ?? NullLogger<PostgresStore>.Instance);
    }

    /// <summary>What another program does to the database.</summary>
    public static object? Execute(string database, string sql)
    {
        using var connection = new NpgsqlConnection(database + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    /// <summary>Ends the server as a power cut does.</summary>
    public void Crash() => PostgresPrograms.Run("pg_ctl", "stop", "-D", Data, "-m", "immediate", "-w");

    /// <summary>Starts it again, on the same port.</summary>
    public void Start() => PostgresPrograms.Run(
        "pg_ctl", "start", "-D", Data, "-w", "-t", "50", "-l", Path.Combine(_folder!, "log"), "-o",
        string.Create(CultureInfo.InvariantCulture, $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB"));

    /// <summary>Pauses every process of the server: connections stay, and nothing is answered.</summary>
    /// <returns>Lets them go on.</returns>
    public Action Pause()
    {
        var server = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        int[] processes = [server, .. Children(server)];
        Signal("STOP", processes);
        return () => Signal("CONT", processes);
    }

    public void Dispose()
    {
        if (_folder is null) return;
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) Crash();
        Directory.Delete(_folder, recursive: true);
    }

    private static void Signal(string name, int[] processes)
    {
        using var kill = Process.Start("kill", ["-" + name, .. processes.Select(static each => each.ToString(CultureInfo.InvariantCulture))]);
        kill.WaitForExit();
    }

    private static IEnumerable<int> Children(int parent) =>
        File.ReadAllText($"/proc/{parent}/task/{parent}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);

    private void Create()
    {
        _folder = PostgresPrograms.CreateFolder();
        var password = Path.Combine(_folder, "password");
        File.WriteAllText(password, Password);
        PostgresPrograms.Run(
            "initdb", "-D", Data, "-U", "relay", "-A", "scram-sha-256", "--pwfile", password, "--no-sync", "-E", "UTF8", "--locale=C");
        Start();
    }

    // The server takes no port 0. Below the range of outgoing connections nobody takes the port while the server is down.
    private static int FreePort()
    {
        for (var port = 10_000 + Random.Shared.Next(20_000); ; port++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }
}
