using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Relay.Benchmarks.Nodes;

/// <summary>A program, started for a measurement and ended with it.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<string> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _lines = new();

    private ChildProcess(Process process, Regex looksFor)
    {
        _process = process;
        DataReceivedEventHandler read = (_, line) =>
        {
            if (line.Data is null) return;
            _lines.Enqueue(line.Data);
            if (looksFor.Match(line.Data) is { Success: true } match) _found.TrySetResult(match.Groups[1].Value);
        };
        process.OutputDataReceived += read;
        process.ErrorDataReceived += read;
        process.Exited += (_, _) => _found.TrySetException(new InvalidOperationException($"{process.StartInfo.ArgumentList[0]} has ended."));
    }

    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Its memory, in bytes.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public bool HasExited => _process.HasExited;

    public static ChildProcess Start(string looksFor, string folder, params string[] args) => StartProgram("dotnet", looksFor, folder, args);

    /// <summary>The same for a program that gets only the processor time that nobody else wants: a load that must not measure itself.</summary>
    public static ChildProcess StartIdle(string looksFor, string folder, params string[] args) => OperatingSystem.IsLinux()
        ? StartProgram("chrt", looksFor, folder, ["--idle", "0", "dotnet", .. args])
        : Start(looksFor, folder, args);

    /// <summary>The same for a program that is not one of ours.</summary>
    public static ChildProcess StartProgram(string program, string looksFor, string folder, string[] args)
    {
        var process = new Process { StartInfo = new(program, args) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true }, EnableRaisingEvents = true };
        var child = new ChildProcess(process, new Regex(looksFor));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>What the program says of itself when it is ready.</summary>
    public Task<string> FoundAsync() => _found.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Awaits that it has printed something.</summary>
    public async Task SaidAsync(string pattern)
    {
        while (!_lines.Any(line => Regex.IsMatch(line, pattern))) await Task.Delay(100);
    }

    /// <summary>Tells it to stop, as an orchestrator does.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    /// <summary>Awaits its end, and gives its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>What it has printed that looks like this.</summary>
    public IEnumerable<string> Lines(string pattern) => _lines.Where(line => Regex.IsMatch(line, pattern));

    /// <summary>The number that it printed.</summary>
    public long Said(string pattern) =>
        _lines.Select(line => Regex.Match(line, pattern)).FirstOrDefault(static match => match.Success) is { } match
            ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"It printed nothing like {pattern}: {string.Join('\n', _lines)}");

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
