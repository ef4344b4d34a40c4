namespace Relay.Core.Limits;

/// <summary>
/// What a tenant, a user or an address has and does, against its limits. Every member may be used from any thread: each count is one word. The limits may
/// change at any time; what is open stays open.
/// </summary>
/// <param name="limits">The limits.</param>
public sealed class LimitAccount(SubjectLimits limits)
{
    private SubjectLimits _limits = limits;
    private int _open;
    private RateLimit _connects;
    private RateLimit _messages;
    private RateLimit _bytes;

    /// <summary>The limits of now.</summary>
    public SubjectLimits Limits
    {
        get => Volatile.Read(ref _limits);
        set => Volatile.Write(ref _limits, value);
    }

    /// <summary>Sockets that are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Somebody wants to open a socket, or makes an HTTP request.</summary>
    /// <param name="now">The time.</param>
    /// <param name="retryAfter">How long until it would be taken, when it is not.</param>
    /// <returns>False when that is over the rate.</returns>
    public bool TryConnect(TimeSpan now, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        if (Limits.ConnectsPerSecond is not (> 0 and var rate) || _connects.TryTake(1, rate, now)) return true;
        retryAfter = _connects.WaitFor(1, rate, now);
        return false;
    }

    /// <summary>Takes a place for one more socket.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryOpen()
    {
        while (true)
        {
            var open = Volatile.Read(ref _open);
            if (Limits.Connections is > 0 and var most && open >= most) return false;
            if (Interlocked.CompareExchange(ref _open, open + 1, open) == open) return true;
        }
    }

    /// <summary>Takes a place whether there is one or not: what is open already can only be counted.</summary>
    public void OpenBeyond() => Interlocked.Increment(ref _open);

    /// <summary>Gives the place back.</summary>
    public void Close() => Interlocked.Decrement(ref _open);

    /// <summary>Takes a message if the rate allows it.</summary>
    /// <param name="now">The time.</param>
    /// <returns>False when it does not.</returns>
    public bool TryTakeMessage(TimeSpan now) => Limits.MessagesPerSecond is not (> 0 and var rate) || _messages.TryTake(1, rate, now);

    /// <summary>How long until a message would be taken.</summary>
    /// <param name="now">The time.</param>
    /// <returns>Zero when it would be now.</returns>
    public TimeSpan WaitForMessage(TimeSpan now) => Limits.MessagesPerSecond is > 0 and var rate ? _messages.WaitFor(1, rate, now) : TimeSpan.Zero;

    /// <summary>Counts what has come.</summary>
    /// <param name="messages">The messages that were not taken one by one.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="now">The time.</param>
    /// <returns>How long to wait before more is taken.</returns>
    public TimeSpan Take(int messages, long bytes, TimeSpan now)
    {
        var limits = Limits;
        var wait = limits.MessagesPerSecond > 0 && messages > 0 ? _messages.Take(messages, limits.MessagesPerSecond, now) : TimeSpan.Zero;
        if (limits.BytesPerSecond == 0) return wait;
        var paid = _bytes.Take(bytes, limits.BytesPerSecond, now);
        return paid > wait ? paid : wait;
    }

    /// <summary>Whether nothing is owed for messages: who was refused some has paused since.</summary>
    /// <param name="now">The time.</param>
    /// <returns>True when the messages' bucket is full.</returns>
    public bool HasRested(TimeSpan now) => _messages.IsWhole(now);

    /// <summary>Whether forgetting this account would change nothing.</summary>
    /// <param name="now">The time.</param>
    /// <returns>True when a new one would be the same.</returns>
    public bool IsWhole(TimeSpan now) => Open == 0 && _connects.IsWhole(now) && _messages.IsWhole(now) && _bytes.IsWhole(now);
}
