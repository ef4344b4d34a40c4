using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>The hubs of one process: mailboxes instead of grains, and nothing beside.</summary>
public sealed class InProcessRuntime : IRelayRuntime, IDisposable
{
    private readonly ConcurrentDictionary<TenantId, CentralHubActor> _centrals = new();
    private readonly ConcurrentDictionary<PluginHostActor, bool> _watched = new();
    private readonly ILogger[] _pluginLogs;
    private readonly Watchdog _watchdog;
    private readonly ITimer _sweep;
    private readonly IIncarnationSource _incarnations;
    private volatile bool _stopping;

    /// <summary>Makes the runtime and starts its sweep.</summary>
    /// <param name="options">What bounds it.</param>
    /// <param name="registry">The plugins.</param>
    /// <param name="stores">Where plugins' durable values live.</param>
    /// <param name="services">What plugins' constructors are given.</param>
    /// <param name="logs">Where to log.</param>
    /// <param name="time">The source of time and timers.</param>
    /// <param name="incarnations">Numbers the plugins' instances; only for a store that outlives the process and keeps its fences.</param>
    public InProcessRuntime(
        RuntimeOptions options,
        PluginRegistry registry,
        IPluginStoreProvider stores,
        IServiceProvider services,
        ILoggerFactory logs,
        TimeProvider time,
        IIncarnationSource? incarnations = null)
    {
        _incarnations = incarnations ?? new CountedIncarnations();
        (Options, Registry, Stores, Services) = (options, registry, stores, services);
        Clock = new(time);
        Plugins = [.. registry.Plugins.Select(plugin => new PluginInfo(plugin.Prefix, plugin.AutoStart, plugin.RequiredScope))];
        Log = new(logs.CreateLogger<InProcessRuntime>());
        _pluginLogs = [.. registry.Plugins.Select(plugin => logs.CreateLogger(plugin.Type.FullName ?? plugin.Prefix))];
        _watchdog = new(this);
        _sweep = time.CreateTimer(static state => ((InProcessRuntime)state!).Sweep(), this, options.SweepInterval, options.SweepInterval);
    }

    /// <summary>What the runtime counts.</summary>
    public RuntimeCounters Counters { get; } = new();

    internal RuntimeOptions Options { get; }

    internal PluginRegistry Registry { get; }

    internal IReadOnlyList<PluginInfo> Plugins { get; }

    internal IPluginStoreProvider Stores { get; }

    internal IServiceProvider Services { get; }

    internal RuntimeClock Clock { get; }

    internal RuntimeLog Log { get; }

    /// <inheritdoc/>
    public ValueTask<JoinResult> JoinAsync(UserKey user, IHubConnection connection) => new JoinOperation(this, user, connection).Begin(Central(user.Tenant));

    /// <inheritdoc/>
    public async ValueTask<int> PushToUserAsync(UserKey user, Frame frame) =>
        await FindAsync(user) is { } hub ? await AskAsync(hub, (state, _) => state.Push(frame)) : 0;

    /// <inheritdoc/>
    public async ValueTask<bool> PushToConnectionAsync(UserKey user, string connectionId, Frame frame) =>
        await FindAsync(user) is { } hub && await AskAsync(hub, (state, _) => state.PushTo(connectionId, frame));

    /// <inheritdoc/>
    public async ValueTask<int> PushToGroupAsync(TenantId tenant, string group, Frame frame)
    {
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Central(tenant).Post(CentralInput.PushToGroup(group, frame, answer));
        return await answer.Task;
    }

    /// <inheritdoc/>
    public ValueTask<bool> JoinGroupAsync(UserKey user, string group) => SetGroupAsync(user, Ids.Checked(group), true);

    /// <inheritdoc/>
    public ValueTask<bool> LeaveGroupAsync(UserKey user, string group) => SetGroupAsync(user, group, false);

    /// <inheritdoc/>
    public async ValueTask<bool> RevivePluginAsync(UserKey user, string prefix) =>
        await FindAsync(user) is { } hub && await AskAsync(hub, (state, _) => state.Revive(prefix));

    /// <inheritdoc/>
    public async ValueTask<HubPage> ListHubsAsync(TenantId tenant, string? after, int limit)
    {
        var (total, clients, hubs) = await AskAsync(Central(tenant), central => (central.Hub.Count, central.Hub.Clients, central.Hub.Page(after, limit)));
        var described = new List<HubDescription>(hubs.Count);
        foreach (var hub in hubs) described.Add(await AskAsync(hub, (state, turn) => state.Describe(turn)));
        return new(total, clients, described);
    }

    /// <inheritdoc/>
    public Task StopAsync()
    {
        _stopping = true;
        Interlocked.MemoryBarrier(); // a central hub that is added and not seen below has seen the flag
        return Task.WhenAll(_centrals.Values.Select(central => central.StopAsync()));
    }

    /// <summary>Stops the sweep. What has not ended is left to the end of the process.</summary>
    public void Dispose() => _sweep.Dispose();

    internal long NextIncarnation() => _incarnations.Next();

    internal ILogger PluginLog(int plugin) => _pluginLogs[plugin];

    internal void Watch(PluginHostActor host) => _watched.TryAdd(host, true);

    internal void Unwatch(PluginHostActor host) => _watched.TryRemove(host, out _);

    internal void TurnFault(Exception exception, string actor)
    {
        Interlocked.Increment(ref Counters.TurnFaultsValue);
        Log.TurnFault(exception, actor);
    }

    private static Task<T> AskAsync<T>(UserHubActor hub, Func<UserHub, Turn, T> query)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        hub.Post(HubInput.Query((state, turn) => answer.TrySetResult(query(state, turn))));
        return answer.Task;
    }

    private static Task<T> AskAsync<T>(CentralHubActor central, Func<CentralHubActor, T> query)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        central.Post(CentralInput.Query(state => answer.TrySetResult(query(state))));
        return answer.Task;
    }

    private async ValueTask<bool> SetGroupAsync(UserKey user, string group, bool member)
    {
        if (await FindAsync(user) is not { } hub) return false;
        return await AskAsync(hub, (state, _) => state.SetGroup(group, member));
    }

    private Task<UserHubActor?> FindAsync(UserKey user) => AskAsync(Central(user.Tenant), central => central.Hub.Find(user.UserId));

    private CentralHubActor Central(TenantId tenant)
    {
        if (_centrals.TryGetValue(tenant, out var known)) return known;
        var central = _centrals.GetOrAdd(tenant, static (key, runtime) => new(runtime, key), this);
        if (_stopping) _ = central.StopAsync();
        return central;
    }

    private void Sweep()
    {
        _watchdog.Sweep();
        foreach (var (host, _) in _watched) host.Post(PluginInput.Sweep());
        var now = Clock.Now;
        foreach (var (_, central) in _centrals)
        {
            if (now < central.NextCollection) continue;
            central.NextCollection = now + Options.Hubs.CollectionInterval;
            central.Post(CentralInput.Collect());
        }
    }
}
