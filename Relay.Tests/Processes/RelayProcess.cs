using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Processes;

/// <summary>The relay as it is started from a shell, in a folder of its own. It ends with the test.</summary>
internal sealed partial class RelayProcess : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private const int SigHup = 1;
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly StringBuilder _said = new();
    private readonly List<(string Part, TaskCompletionSource Said)> _awaited = [];

    private RelayProcess(Process process)
    {
        _process = process;
        _errors = ReadErrorsAsync();
    }

    public int Port { get; private set; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Starts the relay and waits until it listens.</summary>
    public static async Task<RelayProcess> StartAsync(string folder, string[]? args = null, params (string Name, string Value)[] environment)
    {
        var relay = Start(folder, args, environment);
        var line = await relay._process.StandardOutput.ReadLineAsync().WaitAsync(Bound);
        Assert.True(line?.StartsWith("relay listening on http://127.0.0.1:", StringComparison.Ordinal) == true, line ?? await relay._errors);
        relay.Port = new Uri(line!.Split(' ')[^1]).Port;
        return relay;
    }

    /// <summary>Starts the relay, which is not expected to live.</summary>
    public static RelayProcess Start(string folder, string[]? args = null, params (string Name, string Value)[] environment)
    {
        args ??= [];
        string[] port = args.Contains("--server:port") ? [] : ["--server:port", "0"];
        var start = new ProcessStartInfo("dotnet", [typeof(RelayCommand).Assembly.Location, .. port, "--metrics:port", "0", .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    public async Task<RawWebSocketClient> JoinAsync(string user = "alice")
    {
        var client = await RawWebSocketClient.ConnectAsync(Port, $"/ws?user_id={user}");
        await client.ReceiveJsonAsync("welcome");
        return client;
    }

    /// <summary>Tells it to stop, as an orchestrator does.</summary>
    public void Terminate() => Assert.Equal(0, Kill(_process.Id, SigTerm));

    /// <summary>Tells it to read its settings again.</summary>
    public void Hangup() => Assert.Equal(0, Kill(_process.Id, SigHup));

    /// <summary>Awaits a line of its log, also one that came before.</summary>
    public Task SaysAsync(string part)
    {
        lock (_said)
        {
            if (_said.ToString().Contains(part, StringComparison.Ordinal)) return Task.CompletedTask;
            var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((part, said));
            return said.Task.WaitAsync(Bound);
        }
    }

    /// <summary>Ends it as a power cut does.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Awaits its end.</summary>
    public async Task<(int Code, string Output, string Errors)> ExitAsync()
    {
        var output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Bound);
        await _process.WaitForExitAsync().WaitAsync(Bound);
        return (_process.ExitCode, output, await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Bound);
        _process.Dispose();
    }

    private async Task<string> ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_said)
            {
                _said.Append(line).Append('\n');
                foreach (var (_, said) in _awaited.Where(each => line.Contains(each.Part, StringComparison.Ordinal))) said.TrySetResult();
            }
        }

        return _said.ToString();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
