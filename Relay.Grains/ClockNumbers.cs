using Relay.Core.Plugins;

namespace Relay.Grains;

/// <summary>
/// Numbers that increase over all processes and restarts: the wall clock in ticks, and one more when that is not enough. A successor on another
/// machine gets a higher one as long as the machines' clocks differ by less than a failover or a move takes.
/// </summary>
internal sealed class ClockNumbers(TimeProvider time) : IIncarnationSource
{
    private long _last;

    public long Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, time.GetUtcNow().Ticks);
            if (Interlocked.CompareExchange(ref _last, next, last) == last) return next;
        }
    }
}
