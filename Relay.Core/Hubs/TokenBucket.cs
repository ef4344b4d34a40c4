namespace Relay.Core.Hubs;

/// <summary>A rate with a burst of one second's worth, and the memory of how long somebody has pushed against it.</summary>
internal struct TokenBucket
{
    // This many seconds' worth of refused messages since the bucket was last full is no burst any more.
    private const int PatienceSeconds = 5;

    private double _tokens;
    private TimeSpan _at;
    private int _refused;
    private bool _begun;

    /// <summary>Takes one token.</summary>
    /// <param name="rate">Tokens per second, and the most that the bucket holds.</param>
    /// <param name="now">The time.</param>
    /// <returns>False when there is none.</returns>
    internal bool TryTake(int rate, TimeSpan now)
    {
        _tokens = _begun ? Math.Min(rate, _tokens + ((now - _at).TotalSeconds * rate)) : rate;
        (_at, _begun) = (now, true);
        if (_tokens >= rate) _refused = 0;
        if (_tokens >= 1)
        {
            _tokens--;
            return true;
        }

        _refused++;
        return false;
    }

    /// <summary>Whether so much was refused that it is no accident.</summary>
    internal readonly bool Persists(int rate) => _refused > (long)rate * PatienceSeconds;
}
