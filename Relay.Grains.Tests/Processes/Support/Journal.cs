using System.Runtime.CompilerServices;

namespace Relay.Grains.Tests.Processes.Support;

/// <summary>Lines as they come, to be awaited. Any thread.</summary>
internal sealed class Journal
{
    /// <summary>For everything that a test of processes awaits: it bounds a hang, and says nothing of how long anything takes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<(Func<string, bool> Fits, TaskCompletionSource<string> Found)> _waiting = [];

    /// <summary>How many lines there are: where to begin for lines that are still to come.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _lines.Count;
        }
    }

    public void Add(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            foreach (var waiting in _waiting.Where(waiting => waiting.Fits(line)).ToList())
            {
                _waiting.Remove(waiting);
                waiting.Found.SetResult(line);
            }
        }
    }

    /// <summary>All lines from a place on.</summary>
    public List<string> From(int start = 0)
    {
        lock (_gate) return _lines[start..];
    }

    /// <summary>The first line from a place on that fits, there already or still to come.</summary>
    public async Task<string> LineAsync(Func<string, bool> fits, int start = 0, [CallerArgumentExpression(nameof(fits))] string expression = "")
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_lines.Skip(start).FirstOrDefault(fits) is { } there) return there;
            _waiting.Add((fits, found));
        }

        try
        {
            return await found.Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"No line fits {expression}. The last ones:\n{string.Join('\n', From().TakeLast(30))}");
        }
    }
}
