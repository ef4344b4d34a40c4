using System.Diagnostics;
using System.Globalization;
using Relay.Silo;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>A Relay.Silo as it is started from a shell.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Journal _output = new();
    private readonly Task _read;

    private NodeProcess(Process process, string role)
    {
        (_process, Role) = (process, role);
        _read = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, Log));
    }

    public string Role { get; }

    public int Id => _process.Id;

    /// <summary>Where clients connect, once it is ready.</summary>
    public int Port { get; private set; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <summary>Where its metrics are, once it is ready.</summary>
    public Uri Metrics { get; private set; } = null!;

    /// <summary>What it has logged.</summary>
    public Journal Log { get; } = new();

    /// <summary>Starts one of this build, or of another one whose Relay.Silo.dll is given.</summary>
    public static NodeProcess Start(string? build, string role, string folder, IEnumerable<string> args, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("dotnet", [build ?? typeof(SiloApplication).Assembly.Location, "--role", role, "--server:port", "0", "--metrics:port", "0", .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(Process.Start(start)!, role);
    }

    /// <summary>Ends when it listens: a silo has joined then, a gateway has found one.</summary>
    public async Task ReadyAsync()
    {
        const string Listening = "relay listening on ";
        const string Measured = "relay metrics on ";
        var line = _output.LineAsync(static line => line.StartsWith(Listening, StringComparison.Ordinal));
        if (await Task.WhenAny(line, _process.WaitForExitAsync()) != line) Assert.Fail($"{Role} ended: {string.Join('\n', Log.From())}");
        Port = new Uri((await line)[Listening.Length..]).Port;
        Metrics = new((await _output.LineAsync(static line => line.StartsWith(Measured, StringComparison.Ordinal)))[Measured.Length..]);
    }

    /// <summary>Ends it as a power cut does.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Tells it to stop, as an orchestrator does.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>As a machine that hangs.</summary>
    public void Pause() => Signal("STOP");

    public void Continue() => Signal("CONT");

    /// <summary>Awaits its end.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Journal.Patience);
        await _read.WaitAsync(Journal.Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await ExitAsync();
        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader from, Journal to)
    {
        while (await from.ReadLineAsync() is { } line) to.Add(line);
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
