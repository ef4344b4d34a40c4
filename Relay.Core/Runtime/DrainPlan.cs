namespace Relay.Core.Runtime;

/// <summary>
/// How a stop is spread: clients come back as they are told to go, hubs begin anew elsewhere as they end here, and all of them at once is what the
/// process beside this one must not see.
/// </summary>
/// <param name="Slots">Into how many portions they are divided.</param>
/// <param name="Slot">How far apart these are.</param>
public readonly record struct DrainPlan(int Slots, TimeSpan Slot)
{
    // A few need no spreading: who stops a relay with a handful of clients does not wait for it.
    private const int LeastInSlot = 10;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    /// <summary>Plans a stop: a slot every 100 ms with at least ten in it, the last one before half of the time is over.</summary>
    /// <param name="count">How many go.</param>
    /// <param name="timeout">The time.</param>
    /// <returns>The plan.</returns>
    public static DrainPlan For(int count, TimeSpan timeout)
    {
        var most = Math.Max(1, (int)(timeout / 2 / Shortest));
        return new(Math.Clamp((count + LeastInSlot - 1) / LeastInSlot, 1, most), Shortest);
    }

    /// <summary>When a slot comes, counted from the beginning of the stop.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>The time.</returns>
    public TimeSpan At(int slot) => slot * Slot;

    /// <summary>Which of so many a slot has: their number differs by one at most.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="count">How many go.</param>
    /// <returns>Which.</returns>
    public Range Of(int slot, int count) => (int)((long)slot * count / Slots)..(int)((long)(slot + 1) * count / Slots);
}
