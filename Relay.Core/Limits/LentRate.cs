namespace Relay.Core.Limits;

/// <summary>
/// A token bucket that holds one second's worth, together with the tokens that are lent: those that are here and those that are elsewhere never sum to more. So
/// whoever borrowed may use them whenever it likes. A mutable struct, kept in a field; one turn at a time.
/// </summary>
internal struct LentRate
{
    // It is not worth asking for less than a part of a second's worth.
    private const int Worth = 20;

    // Who has borrowed and does not use it gives it back about so soon.
    private static readonly TimeSpan Returned = TimeSpan.FromSeconds(0.25);

    private double _tokens;
    private TimeSpan _at;
    private long _rate;
    private bool _begun;

    /// <summary>Lends tokens.</summary>
    /// <param name="wanted">How many are wanted.</param>
    /// <param name="lent">How many are elsewhere already.</param>
    /// <param name="rate">Tokens per second, and the most that there are.</param>
    /// <param name="now">The time.</param>
    /// <param name="after">How long until it is worth asking again, when none are given.</param>
    /// <returns>How many are given.</returns>
    internal long Lend(long wanted, long lent, long rate, TimeSpan now, out TimeSpan after)
    {
        var most = Math.Max(0, rate - lent);
        _tokens = _begun ? Math.Min(most, _tokens + ((now - _at).TotalSeconds * rate)) : most;
        (_at, _rate, _begun) = (now, rate, true);
        var given = Math.Min(wanted, (long)_tokens);
        _tokens -= given;
        after = given > 0 || wanted <= 0 ? TimeSpan.Zero
            : most == 0 ? Returned
            : TimeSpan.FromSeconds((Math.Min(Math.Max(1, rate / Worth), wanted) - _tokens) / rate);
        return Math.Max(0, given);
    }

    /// <summary>Whether forgetting it would change nothing, when nothing is lent.</summary>
    /// <param name="now">The time.</param>
    /// <returns>True when a new one would be the same.</returns>
    internal readonly bool IsWhole(TimeSpan now) => !_begun || _tokens + ((now - _at).TotalSeconds * _rate) >= _rate;
}
