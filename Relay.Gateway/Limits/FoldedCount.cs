namespace Relay.Gateway.Limits;

/// <summary>
/// How much of a count that only grows was added elsewhere already. Two that fold at the same time add nothing twice, and never take anything back. A mutable
/// struct, kept in a field.
/// </summary>
internal struct FoldedCount
{
    private long _folded;

    /// <summary>Gives what has come since the last time.</summary>
    /// <param name="to">The count now.</param>
    public long Advance(long to)
    {
        while (true)
        {
            var from = Volatile.Read(ref _folded);
            if (to <= from) return 0;
            if (Interlocked.CompareExchange(ref _folded, to, from) == from) return to - from;
        }
    }
}
