using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Relay.Benchmarks.Nodes;

/// <summary>A program of ours, started for a measurement and ended with it.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<string> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process, Regex looksFor)
    {
        _process = process;
        DataReceivedEventHandler read = (_, line) =>
        {
            if (line.Data is not null && looksFor.Match(line.Data) is { Success: true } match) _found.TrySetResult(match.Groups[1].Value);
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

    public static ChildProcess Start(string looksFor, string folder, params string[] args)
    {
        var process = new Process { StartInfo = new("dotnet", args) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true }, EnableRaisingEvents = true };
        var child = new ChildProcess(process, new Regex(looksFor));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>What the program says of itself when it is ready.</summary>
    public Task<string> FoundAsync() => _found.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
