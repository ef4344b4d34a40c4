namespace Relay.Gateway.Telemetry;

/// <summary>The scrapes of a process. One at a time is collected, and only so many are under way.</summary>
internal sealed class Scrapes(IMetricsExposition exposition, int most) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private int _under;

    /// <summary>Takes one of the places for scrapers; <see cref="Leave"/> gives it back.</summary>
    /// <returns>False when there is none: the scraper is to come again.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _under) <= most) return true;
        Interlocked.Decrement(ref _under);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _under);

    /// <summary>What the metrics are now.</summary>
    public async Task<ReadOnlyMemory<byte>> ScrapeAsync(ScrapeFormat format, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            return await exposition.CollectAsync(format, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
