using System.Diagnostics;

namespace Relay.Benchmarks.Drain;

/// <summary>Clients that are asked in turn at a rate, whether they are answered or not.</summary>
internal sealed class DrainLoad : IDisposable
{
    private readonly CancellationTokenSource _pace = new();
    private readonly CancellationTokenSource _over = new();
    private readonly DrainTally _tally;
    private readonly List<Task> _runs = [];
    private Task _pacing = Task.CompletedTask;

    private DrainLoad(DrainTally tally) => _tally = tally;

    /// <summary>Joins all clients, and begins to ask.</summary>
    public static async Task<DrainLoad> StartAsync(List<DrainClient> clients, DrainTally tally, int perSecond)
    {
        var load = new DrainLoad(tally);
        await load.JoinAsync(clients);
        load._pacing = load.PaceAsync(clients, perSecond);
        return load;
    }

    /// <summary>Waits until each of some clients is back, or a minute, or until one has failed.</summary>
    public async Task BackAsync(List<DrainClient> clients)
    {
        for (var began = Stopwatch.GetTimestamp(); clients.Exists(static client => client.Back is null) && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(1) && !_runs.Exists(static run => run.IsFaulted);)
            await Task.Delay(100);
    }

    /// <summary>Asks no more, waits for what is open, and lets go of all connections.</summary>
    public async Task StopAsync()
    {
        await _pace.CancelAsync();
        await _pacing;
        await _tally.SettleAsync();
        await _over.CancelAsync();
        await Task.WhenAll(_runs).WaitAsync(TimeSpan.FromMinutes(1));
    }

    public void Dispose()
    {
        _pace.Cancel();
        _pace.Dispose();
        _over.Cancel();
        _over.Dispose();
    }

    // Only what may be under way at a time: a crowd that joins at once is another measurement.
    private async Task JoinAsync(List<DrainClient> clients)
    {
        using var free = new SemaphoreSlim(50);
        var left = clients.Count;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var client in clients)
        {
            await free.WaitAsync();
            _runs.Add(client.RunAsync(
                () =>
                {
                    free.Release();
                    if (Interlocked.Decrement(ref left) == 0) all.TrySetResult();
                },
                _over.Token));
        }

        await Task.WhenAny(all.Task, Task.WhenAny(_runs).Unwrap()).Unwrap();
    }

    private async Task PaceAsync(List<DrainClient> clients, int perSecond)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var (began, apart) = (Stopwatch.GetTimestamp(), (double)Stopwatch.Frequency / perSecond);
        for (var next = 0; !_pace.IsCancellationRequested; await timer.WaitForNextTickAsync())
        {
            for (var now = Stopwatch.GetTimestamp(); began + (long)(next * apart) <= now; next++) clients[next % clients.Count].Ask(began + (long)(next * apart));
        }
    }
}
