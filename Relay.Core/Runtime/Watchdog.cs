using System.Collections.Concurrent;

namespace Relay.Core.Runtime;

/// <summary>
/// Notices threads that plugin code blocks: takes the right to run inline away from the plugin, has its host keep the time
/// limit, and gives the pool a thread for each blocked one, so that the rest of the relay goes on.
/// </summary>
internal sealed class Watchdog(HubRuntime runtime)
{
    // Slots outlive a runtime because threads do; each belongs to one thread of the process.
    private static readonly ConcurrentDictionary<WatchSlot, bool> Slots = new();
    private static readonly int Workers = MinWorkers();
    private static int _compensated;
    private readonly long _least = runtime.Options.SweepInterval.Ticks / 2;
    private long _lastLook = -runtime.Options.SweepInterval.Ticks;
    private int _blocked;

    internal static void Register(WatchSlot slot) => Slots.TryAdd(slot, true);

    internal void Sweep()
    {
        // Sweeps that a starved pool runs one right after the other, or at once, say nothing about what lies between them.
        var (now, last) = (runtime.Clock.Now.Ticks, Volatile.Read(ref _lastLook));
        if (now - last < _least || Interlocked.CompareExchange(ref _lastLook, now, last) != last) return;
        var blocked = 0;
        foreach (var (slot, _) in Slots)
        {
            if (!slot.Thread.IsAlive)
            {
                Slots.TryRemove(slot, out _);
                continue;
            }

            var sequence = slot.Sequence;
            if (slot.Host is not { } host || host.Runtime != runtime) continue;
            if (slot.SeenAt == sequence)
            {
                blocked++;
                host.Blocked();
            }

            slot.SeenAt = sequence;
        }

        Volatile.Write(ref runtime.Counters.BlockedThreadsValue, blocked);
        var more = blocked - Interlocked.Exchange(ref _blocked, blocked);
        if (more != 0) Compensate(more);
    }

    // The pool belongs to the process, and so to every runtime in it.
    private static void Compensate(int more)
    {
        var compensated = Interlocked.Add(ref _compensated, more);
        ThreadPool.GetMinThreads(out _, out var io);
        ThreadPool.SetMinThreads(Workers + compensated, io);
    }

    private static int MinWorkers()
    {
        ThreadPool.GetMinThreads(out var workers, out _);
        return workers;
    }
}
