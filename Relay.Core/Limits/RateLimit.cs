namespace Relay.Core.Limits;

/// <summary>
/// A token bucket that holds one second's worth, in one word: any thread may take from it. The rate is given with each call, so that it may change
/// while the bucket is in use. A mutable struct, kept in a field.
/// </summary>
public struct RateLimit
{
    // A sixteenth of a nanosecond: whole numbers do not drift, and so many of them are eighteen years.
    private const long UnitsPerTick = 1600;
    private const long Second = UnitsPerTick * TimeSpan.TicksPerSecond;

    // Nobody waits longer, whatever has been moved: so no sum overflows.
    private const long Year = 365 * 24 * 3600 * Second;

    // The moment at which the bucket is full again.
    private long _full;

    /// <summary>Takes tokens if they are there.</summary>
    /// <param name="tokens">How many. More than one second's worth is never there.</param>
    /// <param name="rate">Tokens per second, and the most that the bucket holds.</param>
    /// <param name="now">The time.</param>
    /// <returns>False when there are not so many; none are taken then.</returns>
    public bool TryTake(long tokens, long rate, TimeSpan now)
    {
        var (moment, cost) = (Units(now), Cost(tokens, rate));
        while (true)
        {
            var before = Volatile.Read(ref _full);
            var after = Math.Max(before, moment) + cost;
            if (after - moment > Second) return false;
            if (Interlocked.CompareExchange(ref _full, after, before) == before) return true;
        }
    }

    /// <summary>Counts what has been moved already, so that it is never cut up: who is over the rate waits before moving more.</summary>
    /// <param name="tokens">How many.</param>
    /// <param name="rate">Tokens per second.</param>
    /// <param name="now">The time.</param>
    /// <returns>How long to wait.</returns>
    public TimeSpan Take(long tokens, long rate, TimeSpan now)
    {
        var (moment, cost) = (Units(now), Cost(tokens, rate));
        while (true)
        {
            var before = Volatile.Read(ref _full);
            var after = Math.Min(Math.Max(before, moment) + cost, moment + Year);
            if (Interlocked.CompareExchange(ref _full, after, before) == before) return Beyond(after, moment);
        }
    }

    /// <summary>How long until so many tokens will be there.</summary>
    /// <param name="tokens">How many.</param>
    /// <param name="rate">Tokens per second.</param>
    /// <param name="now">The time.</param>
    /// <returns>Zero when they are.</returns>
    public TimeSpan WaitFor(long tokens, long rate, TimeSpan now) =>
        Beyond(Math.Max(Volatile.Read(ref _full), Units(now)) + Cost(tokens, rate), Units(now));

    /// <summary>Whether the bucket is full, so that forgetting it would change nothing.</summary>
    /// <param name="now">The time.</param>
    /// <returns>True when a new one would be the same.</returns>
    public bool IsWhole(TimeSpan now) => Volatile.Read(ref _full) <= Units(now);

    private static long Units(TimeSpan time) => time.Ticks * UnitsPerTick;

    private static long Cost(long tokens, long rate) => (long)Math.Min((double)tokens * Second / rate, Year);

    // Rounded up, so that who waits so long does not come too early.
    private static TimeSpan Beyond(long full, long moment) =>
        full - moment <= Second ? TimeSpan.Zero : TimeSpan.FromTicks((full - moment - Second + UnitsPerTick - 1) / UnitsPerTick);
}
