using Relay.Core.Limits;

namespace Relay.Core.Hubs;

/// <summary>A <see cref="RateLimit"/> with the memory of how long somebody has pushed against it.</summary>
internal struct TokenBucket
{
    // This many seconds' worth of refused messages since the bucket was last full is no burst any more.
    private const int PatienceSeconds = 5;

    private RateLimit _bucket;
    private int _refused;

    /// <summary>Takes one token.</summary>
    /// <param name="rate">Tokens per second, and the most that the bucket holds.</param>
    /// <param name="now">The time.</param>
    /// <returns>False when there is none.</returns>
    internal bool TryTake(int rate, TimeSpan now)
    {
        if (_refused > 0 && _bucket.IsWhole(now)) _refused = 0;
        if (_bucket.TryTake(1, rate, now)) return true;
        _refused++;
        return false;
    }

    /// <summary>Whether so much was refused that it is no accident.</summary>
    internal readonly bool Persists(int rate) => _refused > (long)rate * PatienceSeconds;
}
