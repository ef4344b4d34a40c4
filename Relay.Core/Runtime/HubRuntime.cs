using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Relay.Core.Hubs;
using Relay.Core.Plugins;

namespace Relay.Core.Runtime;

/// <summary>What all user hubs of a process share, whoever made them: plugins, stores, the clock, the sweep of time limits, counters.</summary>
public abstract class HubRuntime : IDisposable
{
    private readonly ConcurrentDictionary<PluginHostActor, bool> _watched = new();
    private readonly ILogger[] _pluginLogs;
    private readonly Watchdog _watchdog;
    private readonly IIncarnationSource _incarnations;
    private readonly ITimer _sweep;

    /// <summary>Makes it and starts its sweep.</summary>
    /// <param name="options">What bounds it.</param>
    /// <param name="registry">The plugins.</param>
    /// <param name="stores">Where plugins' durable values live.</param>
    /// <param name="services">What plugins' constructors are given.</param>
    /// <param name="logs">Where to log.</param>
    /// <param name="time">The source of time and timers.</param>
    /// <param name="incarnations">Numbers the plugins' instances.</param>
    private protected HubRuntime(
        RuntimeOptions options,
        PluginRegistry registry,
        IPluginStoreProvider stores,
        IServiceProvider services,
        ILoggerFactory logs,
        TimeProvider time,
        IIncarnationSource incarnations)
    {
        _incarnations = incarnations;
        (Options, Registry, Stores, Services) = (options, registry, stores, services);
        Events = (IRelayEvents?)services.GetService(typeof(IRelayEvents));
        Clock = new(time);
        Plugins = [.. registry.Plugins.Select(plugin => new PluginInfo(plugin.Prefix, plugin.AutoStart, plugin.RequiredScope))];
        Log = new(logs.CreateLogger(GetType()));
        _pluginLogs = [.. registry.Plugins.Select(plugin => logs.CreateLogger(plugin.Type.FullName ?? plugin.Prefix))];
        _watchdog = new(this);
        CountPlugins();
        _sweep = time.CreateTimer(static state => ((HubRuntime)state!).Sweep(), this, options.SweepInterval, options.SweepInterval);
    }

    /// <summary>What the runtime counts.</summary>
    public RuntimeCounters Counters
    {
        get;
        private protected init
        {
            field = value;
            CountPlugins();
        }
    } = new();

    internal RuntimeOptions Options { get; }

    internal PluginRegistry Registry { get; }

    internal IReadOnlyList<PluginInfo> Plugins { get; }

    internal IPluginStoreProvider Stores { get; }

    internal IServiceProvider Services { get; }

    /// <summary>Who wants to know what happens, if anybody.</summary>
    internal IRelayEvents? Events { get; }

    internal RuntimeClock Clock { get; }

    internal RuntimeLog Log { get; }

    /// <summary>Stops the sweep. What has not ended is left to the end of the process.</summary>
    public virtual void Dispose()
    {
        _sweep.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What plugins do for users of a tenant ends, also what survives its connection. Whoever calls it sees to it that nothing new comes.</summary>
    /// <param name="whose">Which tenants.</param>
    public abstract void Interrupt(Func<TenantId, bool> whose);

    /// <summary>A number for a new plugin instance, higher than any given before to an instance of the same plugin and user.</summary>
    internal long NextIncarnation() => _incarnations.Next();

    /// <summary>Pools for the plugins of one tenant, in the order of the plugins.</summary>
    internal PluginPool[] NewPools(TenantId tenant) => [.. Registry.Plugins.Select(plugin => new PluginPool(plugin, tenant, Options, Counters))];

    internal ILogger PluginLog(int plugin) => _pluginLogs[plugin];

    internal void Watch(PluginHostActor host) => _watched.TryAdd(host, true);

    internal void Unwatch(PluginHostActor host) => _watched.TryRemove(host, out _);

    internal void TurnFault(Exception exception, string actor)
    {
        Interlocked.Increment(ref Counters.TurnFaultsValue);
        Log.TurnFault(exception, actor);
    }

    /// <summary>Whatever else is to be done from time to time.</summary>
    private protected abstract void OnSweep(TimeSpan now);

    // A rate over a series that appears with its first event misses that event.
    private void CountPlugins()
    {
        foreach (var plugin in Registry.Plugins) Counters.Of(plugin.Prefix);
    }

    private void Sweep()
    {
        _watchdog.Sweep();
        foreach (var (host, _) in _watched) host.Post(PluginInput.Sweep());
        OnSweep(Clock.Now);
    }
}
