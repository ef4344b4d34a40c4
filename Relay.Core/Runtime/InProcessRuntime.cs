using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>The hubs of one process: mailboxes instead of grains, and nothing beside.</summary>
/// <param name="options">What bounds it.</param>
/// <param name="registry">The plugins.</param>
/// <param name="stores">Where plugins' durable values live.</param>
/// <param name="services">What plugins' constructors are given.</param>
/// <param name="logs">Where to log.</param>
/// <param name="time">The source of time and timers.</param>
/// <param name="incarnations">Numbers the plugins' instances; only for a store that outlives the process and keeps its fences.</param>
public sealed class InProcessRuntime(
    RuntimeOptions options,
    PluginRegistry registry,
    IPluginStoreProvider stores,
    IServiceProvider services,
    ILoggerFactory logs,
    TimeProvider time,
    IIncarnationSource? incarnations = null)
    : HubRuntime(options, registry, stores, services, logs, time, incarnations ?? new CountedIncarnations()), IRelayRuntime
{
    private readonly ConcurrentDictionary<TenantId, CentralHubActor> _centrals = new();
    private readonly LocalRooms _rooms = new(options, new(time), new(logs.CreateLogger<LocalRooms>()), (IRelayEvents?)services.GetService(typeof(IRelayEvents)));
    private LocalPeers? _peers;
    private LocalNodes? _nodes;
    private LocalAnswers? _answers;
    private volatile bool _stopping;

    /// <inheritdoc/>
    public IRoomRuntime Rooms => _rooms;

    /// <inheritdoc/>
    public IPeerRuntime Peers => _peers ?? Interlocked.CompareExchange(ref _peers, new(Options, Clock, TurnFault), null) ?? _peers;

    /// <inheritdoc/>
    public INodeRuntime Nodes => _nodes ?? Interlocked.CompareExchange(ref _nodes, new(Options, Clock, TurnFault), null) ?? _nodes;

    /// <inheritdoc/>
    public ISocketRuntime Sockets { get; } = new LocalSockets();

    /// <inheritdoc/>
    public IAnswerRuntime Answers => _answers ?? Interlocked.CompareExchange(ref _answers, new(Options.Answers, Clock, TurnFault), null) ?? _answers;

    /// <inheritdoc/>
    public ILimitRuntime Limits => LocalLimits.Instance;

    /// <inheritdoc/>
    public ValueTask<JoinResult> JoinAsync(UserKey user, IHubConnection connection) => new JoinOperation(this, user, connection).Begin(Central(user.Tenant));

    /// <inheritdoc/>
    public async ValueTask<int> PushToUserAsync(UserKey user, Frame frame) =>
        await FindAsync(user) is { } hub ? await hub.AskAsync((state, _) => state.Push(frame)) : 0;

    /// <inheritdoc/>
    public async ValueTask<bool> PushToConnectionAsync(UserKey user, string connectionId, Frame frame) =>
        await FindAsync(user) is { } hub && await hub.AskAsync((state, _) => state.PushTo(connectionId, frame));

    /// <inheritdoc/>
    public async ValueTask<int> PushToGroupAsync(TenantId tenant, string group, Frame frame)
    {
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Known(tenant).Post(CentralInput.PushToGroup(group, frame, answer));
        return await answer.Task;
    }

    /// <inheritdoc/>
    public ValueTask<bool> JoinGroupAsync(UserKey user, string group) => SetGroupAsync(user, Ids.Checked(group), true);

    /// <inheritdoc/>
    public ValueTask<bool> LeaveGroupAsync(UserKey user, string group) => SetGroupAsync(user, group, false);

    /// <inheritdoc/>
    public async ValueTask<bool> RevivePluginAsync(UserKey user, string prefix) =>
        await FindAsync(user) is { } hub && await hub.AskAsync((state, _) => state.Revive(prefix));

    /// <inheritdoc/>
    public async ValueTask<HubPage> ListHubsAsync(TenantId tenant, string? after, int limit)
    {
        var (total, clients, hubs) = await AskAsync(Known(tenant), central => (central.Hub.Count, central.Hub.Clients, central.Hub.Page(after, limit)));
        var described = new List<HubDescription>(hubs.Count);
        foreach (var hub in hubs) described.Add(await hub.AskAsync((state, turn) => state.Describe(turn)));
        return new(total, clients, described);
    }

    /// <inheritdoc/>
    public async ValueTask<HubDescription?> DescribeAsync(UserKey user) =>
        await FindAsync(user) is { } hub ? await hub.AskAsync(static (state, turn) => state.Describe(turn)) : null;

    /// <inheritdoc/>
    public async ValueTask<UserPage> ListUsersAsync(TenantId tenant, string? after, int limit)
    {
        var (total, users) = await AskAsync(Known(tenant), central => central.Hub.Users(after, limit));
        return new(total, users);
    }

    /// <inheritdoc/>
    public async ValueTask<UserPage> ListGroupAsync(TenantId tenant, string group, string? after, int limit)
    {
        var (total, users) = await AskAsync(Known(tenant), central => central.Hub.Members(group, after, limit));
        return new(total, users);
    }

    /// <inheritdoc/>
    public Task StopAsync()
    {
        _stopping = true;
        Interlocked.MemoryBarrier(); // a central hub that is added and not seen below has seen the flag
        return Task.WhenAll(_centrals.Values.Select(central => central.StopAsync()));
    }

    /// <inheritdoc/>
    public override void Interrupt(Func<TenantId, bool> whose)
    {
        foreach (var (tenant, central) in _centrals)
            if (whose(tenant)) central.Post(CentralInput.Query(static state =>
            {
                foreach (var hub in state.Hub.Page(null, int.MaxValue)) hub.Post(HubInput.Interrupt());
            }));
    }

    /// <summary>Tenants of which something is kept.</summary>
    internal int Tenants => _centrals.Count + _rooms.Tenants + (_nodes?.Tenants ?? 0) + (_answers?.Tenants ?? 0);

    /// <summary>The central hub of a tenant whose user joins.</summary>
    internal CentralHubActor Central(TenantId tenant)
    {
        if (_centrals.TryGetValue(tenant, out var known)) return known;
        var central = _centrals.GetOrAdd(tenant, static (key, runtime) => new(runtime, key), this);
        if (_stopping) _ = central.StopAsync();
        return central;
    }

    /// <summary>A central hub without hubs has ended; the next join makes another.</summary>
    internal void Forget(CentralHubActor central) => _centrals.TryRemove(new(central.Tenant, central));

    private protected override void OnSweep(TimeSpan now)
    {
        _rooms.Sweep();
        _nodes?.Sweep();
        _answers?.Sweep();
        foreach (var (_, central) in _centrals)
        {
            if (now < central.NextCollection) continue;
            central.NextCollection = now + Options.Hubs.CollectionInterval;
            central.Post(CentralInput.Collect());
        }
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
        return await hub.AskAsync((state, _) => state.SetGroup(group, member));
    }

    private Task<UserHubActor?> FindAsync(UserKey user) => AskAsync(Known(user.Tenant), central => central.Hub.Find(user.UserId));

    // Whoever only asks leaves nothing behind: names that are asked for may be without end.
    private CentralHubActor Known(TenantId tenant) => _centrals.GetValueOrDefault(tenant) ?? new(this, tenant);
}
