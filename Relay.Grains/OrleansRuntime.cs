using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>The hubs of a cluster, as a gateway speaks to them.</summary>
internal sealed class OrleansRuntime : IRelayRuntime, IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<string, UserLink> _links = new();
    private readonly ConcurrentDictionary<string, SiloOutbox> _silos = new();
    private readonly GatewayPresence _presence;
    private readonly GatewayObserver _observer;
    private readonly SiloHubs? _hubs;
    private readonly ConcurrentDictionary<string, bool> _gone = new();
    private CancellationTokenSource _upheaval = new();
    private long _numbers;
    private FrozenSet<string> _mayRunTwice = [];
    private volatile bool _stopping;
    private volatile bool _isOver;

    public OrleansRuntime(
        IGrainFactory grains, ClusterOptions options, TimeProvider time, ILoggerFactory logs, RuntimeCounters counters, RuntimeOptions runtime, SiloHubs? hubs = null)
    {
        _hubs = hubs;
        (Grains, Options, Time, Counters) = (grains, options, time, counters);
        Log = new(logs.CreateLogger<OrleansRuntime>());
        ClusterRooms = new(this, runtime);
        ClusterPeers = new(this, runtime);
        ClusterNodes = new(this);
        ClusterSockets = new(this);
        Answers = new ClusterAnswers(this);
        Limits = new ClusterLimits(this);
        ClusterUserLimits = new(this);
        _observer = new(this);
        _presence = new(grains, _observer, options, time, Log, SilenceOf);
    }

    /// <inheritdoc/>
    public IRoomRuntime Rooms => ClusterRooms;

    internal ClusterRooms ClusterRooms { get; }

    /// <inheritdoc/>
    public IPeerRuntime Peers => ClusterPeers;

    internal ClusterPeers ClusterPeers { get; }

    /// <inheritdoc/>
    public INodeRuntime Nodes => ClusterNodes;

    internal ClusterNodes ClusterNodes { get; }

    /// <inheritdoc/>
    public ISocketRuntime Sockets => ClusterSockets;

    internal ClusterSockets ClusterSockets { get; }

    /// <inheritdoc/>
    public IAnswerRuntime Answers { get; }

    /// <inheritdoc/>
    public ILimitRuntime Limits { get; }

    internal ClusterUserLimits ClusterUserLimits { get; }

    internal IGrainFactory Grains { get; }

    internal ClusterOptions Options { get; }

    internal TimeProvider Time { get; }

    internal ClusterLog Log { get; }

    internal RuntimeCounters Counters { get; }

    /// <summary>Nothing is sent any more.</summary>
    internal bool IsOver => _isOver;

    /// <summary>Ends calls that may be tried again: one of the silos has just been declared dead, and the answer may never come.</summary>
    internal CancellationToken Upheaval => Volatile.Read(ref _upheaval).Token;

    /// <summary>This process, as hubs are told of it.</summary>
    internal GatewayRef Gateway => _presence.Gateway;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _presence.StartAsync(cancellationToken);
        _hubs?.Gateway = this;
    }

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => StopAsync();

    /// <inheritdoc/>
    public async ValueTask<JoinResult> JoinAsync(UserKey user, IHubConnection connection)
    {
        var result = await RouteAndJoinAsync(user, connection);
        Interlocked.Increment(ref result.Link is null ? ref Counters.RejectedJoinsValue : ref Counters.JoinsValue);
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<int> PushToUserAsync(UserKey user, Frame frame) => await MayKnowAsync(user) ? await Hub(user).Push(frame.Bytes) : 0;

    /// <inheritdoc/>
    public async ValueTask<bool> PushToConnectionAsync(UserKey user, string connectionId, Frame frame) => await MayKnowAsync(user) && await Hub(user).PushTo(connectionId, frame.Bytes);

    /// <inheritdoc/>
    public async ValueTask<int> PushToGroupAsync(TenantId tenant, string group, Frame frame)
    {
        TenantContext.Set(tenant);
        return (await Task.WhenAll(Grains.Centrals(tenant, Options).Select(central => central.PushToGroup(group, frame.Bytes)))).Sum();
    }

    /// <inheritdoc/>
    public ValueTask<bool> JoinGroupAsync(UserKey user, string group) => SetGroupAsync(user, Ids.Checked(group), true);

    /// <inheritdoc/>
    public ValueTask<bool> LeaveGroupAsync(UserKey user, string group) => SetGroupAsync(user, group, false);

    /// <inheritdoc/>
    public async ValueTask<bool> RevivePluginAsync(UserKey user, string prefix) => await MayKnowAsync(user) && await Hub(user).Revive(prefix);

    /// <inheritdoc/>
    public async ValueTask<HubPage> ListHubsAsync(TenantId tenant, string? after, int limit)
    {
        TenantContext.Set(tenant);
        var pages = await Task.WhenAll(Grains.Centrals(tenant, Options).Select(central => central.List(after, limit)));
        var users = pages.SelectMany(static page => page.Users).Order(StringComparer.Ordinal).Take(limit);
        var views = await Task.WhenAll(users.Select(user => Hub(new(tenant, user)).Describe()));
        return new(pages.Sum(static page => page.Total), pages.Sum(static page => page.Clients), [.. views.OfType<HubView>().Select(Description)]);
    }

    /// <inheritdoc/>
    public async ValueTask<HubDescription?> DescribeAsync(UserKey user) => await MayKnowAsync(user) && await Hub(user).Describe() is { } view ? Description(view) : null;

    /// <inheritdoc/>
    public ValueTask<UserPage> ListUsersAsync(TenantId tenant, string? after, int limit) => MergeAsync(tenant, central => central.Users(after, limit), limit);

    /// <inheritdoc/>
    public ValueTask<UserPage> ListGroupAsync(TenantId tenant, string group, string? after, int limit) => MergeAsync(tenant, central => central.Members(group, after, limit), limit);

    /// <inheritdoc/>
    /// <remarks>Only this gateway stops. Hubs end with the silos that they are on, and go on elsewhere when they have connections at other gateways.</remarks>
    public Task StopAsync()
    {
        _stopping = true;
        return _presence.StopAsync();
    }

    public void Dispose()
    {
        _isOver = true;
        _hubs?.Gateway = null;
        ClusterPeers.Dispose();
        ClusterNodes.Dispose();
        _presence.Dispose();
    }

    /// <summary>Numbers connections, messages, batches. One row for all users' links, because a hub outlives a link of its user and goes on with the next one.</summary>
    internal long NextNumber() => Interlocked.Increment(ref _numbers);

    /// <summary>The user's hub, for a call in the user's tenant.</summary>
    internal IUserHubGrain Hub(UserKey user)
    {
        TenantContext.Set(user.Tenant);
        DirectoryContext.Set(Gateway.Directory);
        return Grains.Hub(user);
    }

    /// <summary>What a hub says of its plugins, which all silos have in common.</summary>
    internal void Learn(string[] mayRunTwice)
    {
        if (!_mayRunTwice.SetEquals(mayRunTwice)) _mayRunTwice = mayRunTwice.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Whether a message goes to the hub's successor when the hub is lost with it.</summary>
    internal bool MayRunTwice(in ClientEnvelope message) =>
        _mayRunTwice.Count > 0 && _mayRunTwice.Contains(message.HasEscapedType ? message.TypeText() : TypeNames.Shared.Get(message.Type));

    internal UserLink? Find(UserKey user) => Find(user.ToActorKey());

    /// <summary>The link of a user, as an actor's key.</summary>
    internal UserLink? Find(string user) => _links.GetValueOrDefault(user);

    /// <summary>The way to the hubs of a silo.</summary>
    internal SiloOutbox Outbox(string silo, ISiloInbox inbox) => _silos.GetOrAdd(silo, static (name, state) => new(state.runtime, name, state.inbox), (runtime: this, inbox));

    internal void Remove(UserLink link) => _links.TryRemove(new(link.Key, link));

    /// <summary>A silo cannot be reached: whoever has a hub there syncs with its successor.</summary>
    internal void SilenceOf(string silo)
    {
        // Should it be back, whoever has a hub there brings a way to it.
        if (_silos.TryRemove(silo, out var outbox)) outbox.Abandon();
        foreach (var (_, link) in _links)
            if (link.Silo == silo) link.Resync();
        ClusterRooms.SilenceOf(silo);
    }

    /// <summary>The cluster has declared a silo dead. What had been sent to it waits for nothing, even if a third silo was to pass it on.</summary>
    internal void Gone(string silo)
    {
        if (!_gone.TryAdd(silo, true)) return;
        Log.SiloGone(silo);
        SilenceOf(silo);
        Upheave();
    }

    /// <summary>Calls under way may wait for a silo that is not there any more: they are made again.</summary>
    internal void Upheave() => Interlocked.Exchange(ref _upheaval, new()).Cancel();

    internal void Heard(string silo) => _presence.Heard(silo);

    private static HubDescription Description(HubView hub) => new(
        hub.UserId, hub.Phase, hub.IdleFor, hub.Connections, hub.Groups, [.. hub.Plugins.Select(static plugin => new PluginDescription(plugin.Prefix, plugin.Status, plugin.Crashes))]);

    private async Task<JoinResult> RouteAndJoinAsync(UserKey user, IHubConnection connection)
    {
        var began = Time.GetTimestamp();
        while (true)
        {
            if (_stopping) return new(null, ErrorCode.GoingAway);
            try
            {
                var route = await Central(user).Route(user.UserId).WaitAsync(Upheaval);
                if (route.Error is { } refusal) return new(null, Known.Error(refusal));
                while (true)
                {
                    var link = _links.GetOrAdd(user.ToActorKey(), static (key, state) => new(state.runtime, state.user, key), (runtime: this, user));
                    if (link.TryEnter(connection)) return await link.JoinAsync(connection, route.IsNew, began);
                    Remove(link);
                }
            }
            catch (Exception e) when (Time.GetElapsedTime(began) < Options.JoinPatience)
            {
                Log.CentralUnreachable(e.Message);
                await Task.Delay(Options.RetryDelay, Time);
            }
            catch (Exception e)
            {
                Log.CentralUnreachable(e.Message);
                return new(null, ErrorCode.HubCreationFailed);
            }
        }
    }

    private async ValueTask<UserPage> MergeAsync(TenantId tenant, Func<ICentralHubGrain, Task<DirectoryUsers>> list, int limit)
    {
        TenantContext.Set(tenant);
        return UserPage.Merge([.. (await Task.WhenAll(Grains.Centrals(tenant, Options).Select(list))).Select(static part => part.ToPage())], limit);
    }

    private async ValueTask<bool> SetGroupAsync(UserKey user, string group, bool member) => await MayKnowAsync(user) && await Hub(user).SetGroup(group, member);

    private async Task<bool> MayKnowAsync(UserKey user) => await Central(user).MayKnow(user.UserId);

    private ICentralHubGrain Central(UserKey user)
    {
        TenantContext.Set(user.Tenant);
        return Grains.Central(user, Options);
    }
}
