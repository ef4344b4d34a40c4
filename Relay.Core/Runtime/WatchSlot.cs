namespace Relay.Core.Runtime;

/// <summary>What plugin code one thread is in, for the watchdog. Written by its thread, read by the sweep.</summary>
/// <remarks>A change of the sequence number between two sweeps shows that the code returned, without reading a clock for each message.</remarks>
internal sealed class WatchSlot
{
    [ThreadStatic]
    private static WatchSlot? _mine;

    private PluginHostActor? _host;
    private long _sequence;

    private WatchSlot(Thread thread) => Thread = thread;

    internal Thread Thread { get; }

    internal PluginHostActor? Host => Volatile.Read(ref _host);

    internal long Sequence => Volatile.Read(ref _sequence);

    // Sweep only: the sequence number at the last sweep that saw the thread inside plugin code.
    internal long SeenAt { get; set; }

    internal static WatchSlot Enter(PluginHostActor host)
    {
        var slot = _mine;
        if (slot is null)
        {
            _mine = slot = new WatchSlot(Thread.CurrentThread);
            Watchdog.Register(slot);
        }

        slot._sequence++;
        Volatile.Write(ref slot._host, host);
        return slot;
    }

    internal void Exit() => Volatile.Write(ref _host, null);
}
