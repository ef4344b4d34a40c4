using System.Collections.Concurrent;
using Relay.Core;

namespace Relay.Gateway.Storage;

/// <summary>The last fenced incarnation of one plugin, shared by the plugin's handles. Any thread may call.</summary>
internal sealed class StoreFence
{
    private readonly HighestNumber _last = new(-1);

    /// <summary>Whether handles of this incarnation may not read or write any more.</summary>
    public bool Covers(long incarnation) => incarnation <= _last.Value;

    /// <summary>Fences every incarnation up to this one.</summary>
    public void Raise(long incarnation) => _last.Raise(incarnation);
}

/// <summary>The fences of all plugins that have a handle.</summary>
/// <remarks>
/// A fence matters only while a handle that it could stop exists, so the table refers to it weakly and the handles hold it:
/// a plugin whose handles are garbage leaves an empty entry behind. Empty entries are swept by a work item of the pool as soon as
/// as many entries were added as had remained after the last sweep, so the table holds at most about twice what is alive
/// and not yet collected. What is forgotten with the last handle is only that a lower incarnation was opened or fenced
/// before, and incarnations of a plugin never go down.
/// </remarks>
internal sealed class StoreFences
{
    private const int LeastSweep = 1024;

    private readonly ConcurrentDictionary<PluginKey, WeakReference<StoreFence>> _fences = new();
    private long _untilSweep = LeastSweep;

    /// <summary>Entries, empty ones among them.</summary>
    public int Count => _fences.Count;

    /// <summary>Fences the incarnations below this one.</summary>
    /// <returns>The fence for the new handle to hold.</returns>
    public StoreFence Open(PluginKey plugin, long incarnation)
    {
        var fence = GetOrAdd(plugin);
        fence.Raise(incarnation - 1);
        return fence;
    }

    /// <summary>Fences the incarnations up to this one.</summary>
    public void Fence(PluginKey plugin, long incarnation)
    {
        if (_fences.TryGetValue(plugin, out var entry) && entry.TryGetTarget(out var fence)) fence.Raise(incarnation);
    }

    /// <summary>Removes the entries whose handles are gone.</summary>
    public void Sweep()
    {
        foreach (var entry in _fences)
            if (!entry.Value.TryGetTarget(out _)) _fences.TryRemove(entry);
        Volatile.Write(ref _untilSweep, Math.Max(LeastSweep, _fences.Count));
    }

    private StoreFence GetOrAdd(PluginKey plugin)
    {
        while (true)
        {
            if (!_fences.TryGetValue(plugin, out var entry))
            {
                var added = new StoreFence();
                if (!_fences.TryAdd(plugin, new(added))) continue;
                // Exactly one thread takes the count through zero; the sweep sets it anew.
                if (Interlocked.Decrement(ref _untilSweep) == 0)
                    ThreadPool.UnsafeQueueUserWorkItem(static fences => fences.Sweep(), this, preferLocal: false);
                return added;
            }

            // An entry whose fence is alive stays: only empty ones are removed or replaced.
            if (entry.TryGetTarget(out var fence)) return fence;
            var fresh = new StoreFence();
            if (_fences.TryUpdate(plugin, new(fresh), entry)) return fresh;
        }
    }
}
