using Relay.Core.Plugins;

namespace Relay.Core.Runtime;

/// <summary>What the instances of one plugin in one tenant share: the right to run inline, and the count of abandoned instances.</summary>
internal sealed class PluginPool(PluginDescriptor plugin, TenantId tenant, RuntimeOptions options, RuntimeCounters counters)
{
    private int _abandoned;
    private int _inline = plugin.Inline ? 1 : 0;

    internal PluginDescriptor Plugin => plugin;

    internal PluginCounters Counters { get; } = counters.Of(plugin.Prefix);

    internal bool Inline => Volatile.Read(ref _inline) != 0;

    // Asked for every message: as a rule there are none.
    internal bool MayRun => Volatile.Read(ref _abandoned) is var count && (count == 0 || count < options.Of(tenant).MaxAbandoned);

    internal int Abandoned => Volatile.Read(ref _abandoned);

    /// <summary>Takes the right to run inline away for good.</summary>
    /// <returns>False when the plugin had none.</returns>
    internal bool RevokeInline()
    {
        if (Interlocked.Exchange(ref _inline, 0) == 0) return false;
        Interlocked.Increment(ref counters.RevokedInlineValue);
        return true;
    }

    internal void CountAbandoned(int by)
    {
        Interlocked.Add(ref _abandoned, by);
        Interlocked.Add(ref Counters.AbandonedValue, by);
    }
}
