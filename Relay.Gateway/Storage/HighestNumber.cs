namespace Relay.Gateway.Storage;

/// <summary>A number that only goes up. Any thread may call.</summary>
internal sealed class HighestNumber(long first)
{
    private long _value = first;

    public long Value => Volatile.Read(ref _value);

    /// <summary>Raises it, unless it is as high already.</summary>
    public void Raise(long least)
    {
        var seen = Value;
        while (seen < least && !TryChange(ref seen, least)) { }
    }

    /// <summary>Raises it by one, or to so much when that is higher.</summary>
    /// <returns>What it is now; nobody else is given the same.</returns>
    public long Next(long least)
    {
        var (seen, next) = (Value, 0L);
        do next = Math.Max(least, seen + 1);
        while (!TryChange(ref seen, next));
        return next;
    }

    private bool TryChange(ref long seen, long to)
    {
        var found = Interlocked.CompareExchange(ref _value, to, seen);
        if (found == seen) return true;
        seen = found;
        return false;
    }
}
