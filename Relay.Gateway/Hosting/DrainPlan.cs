namespace Relay.Gateway.Hosting;

/// <summary>
/// How a stop spreads its goodbyes: clients come back as they are told to go, and all of them at once is what the relay beside this one must not see.
/// </summary>
/// <param name="Slots">Into how many portions the sockets are divided.</param>
/// <param name="Slot">How far apart they are.</param>
internal readonly record struct DrainPlan(int Slots, TimeSpan Slot)
{
    // Few sockets need no spreading: who stops a relay with a handful of clients does not wait for it.
    private const int LeastInSlot = 10;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    /// <summary>Plans a stop: a slot every 100 ms with at least ten sockets in it, the last one before half of the time is over.</summary>
    public static DrainPlan For(int sockets, TimeSpan timeout)
    {
        var most = Math.Max(1, (int)(timeout / 2 / Shortest));
        return new(Math.Clamp((sockets + LeastInSlot - 1) / LeastInSlot, 1, most), Shortest);
    }

    /// <summary>When a slot comes, counted from the beginning of the stop.</summary>
    public TimeSpan At(int slot) => slot * Slot;

    /// <summary>Which of so many sockets a slot has: their number differs by one at most.</summary>
    public Range Of(int slot, int sockets) => (int)((long)slot * sockets / Slots)..(int)((long)(slot + 1) * sockets / Slots);
}
