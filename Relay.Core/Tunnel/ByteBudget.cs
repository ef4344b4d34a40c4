using Relay.Core.Limits;

namespace Relay.Core.Tunnel;

/// <summary>
/// How fast, and how much, somebody may send and receive. Bytes are taken when they have been moved, so that what is moved is never cut up: who is
/// over the rate waits before moving more. A mutable struct, kept in a field; one thread at a time.
/// </summary>
/// <param name="bytesPerSecond">The rate, with a second's worth at once; 0: any.</param>
/// <param name="total">The bytes of one period; 0: any number.</param>
/// <param name="period">How long a period is. The first begins with the first byte.</param>
public struct ByteBudget(long bytesPerSecond, long total, TimeSpan period)
{
    private RateLimit _rate;
    private TimeSpan? _periodBegan;

    /// <summary>The bytes of this period.</summary>
    public long Used { get; private set; }

    /// <summary>Whether the bytes of the period are used up.</summary>
    /// <param name="now">The time.</param>
    /// <returns>True when nothing more may be moved.</returns>
    public bool IsUsedUp(TimeSpan now)
    {
        Renew(now);
        return total > 0 && Used >= total;
    }

    /// <summary>Counts bytes that were moved.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="now">The time.</param>
    /// <returns>How long to wait before more are moved.</returns>
    public TimeSpan Take(int bytes, TimeSpan now)
    {
        Renew(now);
        Used += bytes;
        _periodBegan ??= now;
        return bytesPerSecond == 0 ? TimeSpan.Zero : _rate.Take(bytes, bytesPerSecond, now);
    }

    /// <summary>Whether forgetting this budget would change nothing.</summary>
    /// <param name="now">The time.</param>
    /// <returns>True when a new one would be the same.</returns>
    public bool IsWhole(TimeSpan now)
    {
        Renew(now);
        return (total == 0 || Used == 0) && (bytesPerSecond == 0 || _rate.IsWhole(now));
    }

    /// <summary>Goes on with other bounds, and with what was moved under those before.</summary>
    /// <param name="rate">The rate from now on; 0: any.</param>
    /// <param name="most">The bytes of one period; 0: any number.</param>
    /// <param name="length">How long a period is.</param>
    public void Bound(long rate, long most, TimeSpan length) => (bytesPerSecond, total, period) = (rate, most, length);

    private void Renew(TimeSpan now)
    {
        if (_periodBegan is { } began && now - began >= period) (Used, _periodBegan) = (0, null);
    }
}
