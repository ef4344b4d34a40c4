using System.Diagnostics;
using System.Globalization;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>A Redis server of the tests' own, which keeps its data as docs/operations.md asks.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-redis-");
    private readonly int _port = Ports.Next();
    private Process? _process;

    /// <summary>Why tests cannot run; never in CI, where the tests fail on it instead.</summary>
    public static string? Missing { get; } =
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, "redis-server")))
        && Environment.GetEnvironmentVariable("CI") != "true" ? "redis-server is not installed" : null;

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>Starts it, again with what it knew. Ends when it takes connections.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(
            "redis-server",
            ["--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder.FullName, "--appendonly", "yes", "--save", ""])
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        var lines = new Journal();
        _process.OutputDataReceived += (_, line) => lines.Add(line.Data ?? "");
        _process.BeginOutputReadLine();
        await lines.LineAsync(static line => line.Contains("Ready to accept connections", StringComparison.Ordinal));
    }

    /// <summary>Ends it as a power cut does.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        if (_process is not null) Kill();
        _folder.Delete(recursive: true);
    }
}
