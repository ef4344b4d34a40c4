namespace Relay.Gateway.Limits;

/// <summary>Tokens of one rate that this process has borrowed. A mutable struct, kept in a field, under its owner's lock.</summary>
internal struct BorrowedTokens
{
    // A quarter of a second's worth is borrowed at a time: so that it lasts for a while, and several gateways find some.
    private const int Chunk = 4;

    private TimeSpan _noneUntil;
    private bool _isUsed;

    /// <summary>What is left. Below nothing: what was moved already, and is to be paid.</summary>
    public long Left { get; private set; }

    /// <summary>Uses tokens.</summary>
    /// <returns>Whether it is time to borrow more.</returns>
    public bool Take(long tokens, long rate, TimeSpan now)
    {
        (Left, _isUsed) = (Left - tokens, true);
        return IsLow(rate) && !IsNone(now);
    }

    /// <summary>Somebody wants to use some.</summary>
    public void Want() => _isUsed = true;

    /// <summary>What was taken is not used.</summary>
    public void Return(long tokens) => Left += tokens;

    /// <summary>Whether it is known that there are none to be had.</summary>
    public readonly bool IsNone(TimeSpan now) => now < _noneUntil;

    /// <summary>How long that is known.</summary>
    public readonly TimeSpan NoneFor(TimeSpan now) => _noneUntil > now ? _noneUntil - now : TimeSpan.Zero;

    /// <summary>Whether it is a while ago that there were none.</summary>
    public readonly bool HasRested(TimeSpan now) => now - _noneUntil >= TimeSpan.FromSeconds(1);

    /// <summary>How many to borrow.</summary>
    public readonly long Wanted(long rate, TimeSpan now) => rate > 0 && !IsNone(now) && (Left < 0 || (_isUsed && IsLow(rate))) ? Most(rate) - Left : 0;

    public void Lend(long wanted, long given, TimeSpan after, TimeSpan now)
    {
        Left += given;
        if (wanted > 0 && given == 0) _noneUntil = now + after;
    }

    /// <summary>Gives back what was not touched since the last time.</summary>
    /// <returns>Whether there is news: something was given back, or is still to be paid.</returns>
    public bool GiveBack()
    {
        var isIdle = !_isUsed;
        _isUsed = false;
        if (Left == 0 || (Left > 0 && !isIdle)) return false;
        if (Left > 0) Left = 0;
        return true;
    }

    private static long Most(long rate) => Math.Max(1, rate / Chunk);

    private readonly bool IsLow(long rate) => Left < (Most(rate) + 1) / 2;
}
