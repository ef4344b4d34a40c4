using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Core.Plugins;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>What the hubs of one silo share: the plugins and their stores, the ways to the gateways, the clock of collection.</summary>
internal sealed class SiloHubs : HubRuntime, ISiloStatusListener
{
    private readonly ConcurrentDictionary<UserHubGrain, bool> _hubs = new();
    private readonly ConcurrentDictionary<CentralHubGrain, bool> _centrals = new();
    private readonly ConcurrentDictionary<RoomGrain, bool> _rooms = new();
    private readonly ConcurrentDictionary<string, Lazy<GatewayOutbox>> _gateways = new();
    private readonly ConcurrentDictionary<Core.TenantId, PluginPool[]> _pools = new();
    private readonly ClusterOptions _cluster;
    private readonly ClusterLog _log;
    private readonly ISiloStatusOracle _silos;
    private readonly ITimer _repetition;
    private TimeSpan _nextCollection;
    private volatile bool _isLeaving;
    private TimeSpan _nextRoomSweep;

    public SiloHubs(
        RuntimeOptions options,
        ClusterOptions cluster,
        PluginRegistry registry,
        IPluginStoreProvider stores,
        IServiceProvider services,
        ILoggerFactory logs,
        RuntimeClock clock,
        TimeProvider time,
        RuntimeCounters counters,
        ILocalSiloDetails silo,
        ISiloStatusOracle silos)
        : base(options, registry, stores, services, logs, clock.Provider, services.GetService<IIncarnationSource>() ?? new ClockNumbers(time))
    {
        (_cluster, Time, Counters, Silo) = (cluster, time, counters, silo.SiloAddress.ToParsableString());
        _log = new(logs.CreateLogger<SiloHubs>());
        MayRunTwice = [.. registry.IdempotentTypes];
        _nextCollection = options.Hubs.CollectionInterval;
        _repetition = time.CreateTimer(static state => ((SiloHubs)state!).Repeat(), this, cluster.RepeatInterval, cluster.RepeatInterval);
        _silos = silos;
        silos.SubscribeToSiloStatusEvents(this);
    }

    public override void Dispose()
    {
        _repetition.Dispose();
        foreach (var (_, gateway) in _gateways) gateway.Value.Dispose();
        base.Dispose();
    }

    /// <summary>A silo that is gone took central hubs with it, whose successors know nobody: whoever is here makes itself known.</summary>
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status != SiloStatus.Dead) return;
        ThreadPool.UnsafeQueueUserWorkItem(static hubs => hubs.Repeat(), this, preferLocal: false);
        var gone = updatedSilo.ToParsableString();
        foreach (var (_, gateway) in _gateways) gateway.Value.Gone(gone);
        Gateway?.Gone(gone);
    }

    /// <summary>The source of the cluster's own time: leases, repetitions.</summary>
    internal TimeProvider Time { get; }

    /// <summary>The silo's address.</summary>
    internal string Silo { get; }

    /// <summary>Types of messages that may be handled twice.</summary>
    internal string[] MayRunTwice { get; }

    /// <summary>The number of a hub that begins: above those of its predecessors anywhere in the cluster.</summary>
    internal long NextEpoch() => NextIncarnation();

    /// <summary>Where this silo takes what gateways send. Set before the silo is active.</summary>
    internal ISiloInbox Inbox { get; set; } = null!;

    /// <summary>The link of a gateway in another process to a user's hub, or null.</summary>
    internal RemoteGatewayLink? Find(string gateway, string user) => _gateways.GetValueOrDefault(gateway)?.Value.Find(user);

    /// <summary>The gateway in this process, once it is in the cluster's directory; null where there is none.</summary>
    internal OrleansRuntime? Gateway { get; set; }

    /// <summary>A hub's link to a gateway. An epoch for each: to a gateway that was given up and is back, the hub has forgotten as much as a new one.</summary>
    internal GatewayLink NewLink(UserHubActor hub, GatewayRef gateway)
    {
        if (Gateway is { } local && local.Gateway.Id == gateway.Id) return new LocalGatewayLink(hub, local, NextEpoch());
        var outbox = Outbox(gateway);
        var link = new RemoteGatewayLink(hub, outbox, NextEpoch(), _cluster.Window);
        outbox.Add(link);
        return link;
    }

    /// <summary>What this silo sends to a gateway.</summary>
    // Lazy: of two made at once, one would go on beating beside the other, and the gateway would take the other's batches for old ones.
    internal GatewayOutbox Outbox(GatewayRef gateway) =>
        _gateways.GetOrAdd(gateway.Id, static (_, state) => new(() => state.hubs.NewOutbox(state.gateway)), (gateway, hubs: this)).Value;

    internal PluginPool Pool(Core.TenantId tenant, int plugin) => _pools.GetOrAdd(tenant, static (id, hubs) => hubs.NewPools(id), this)[plugin];

    /// <summary>The gateway was in the process of a silo that is lost: it is gone before its lease is over, and nobody needs to wait for its answer.</summary>
    internal bool IsLost(GatewayRef gateway)
    {
        // What such a gateway is called ends with an observer's own name.
        const string Hosted = "hosted-";
        var name = gateway.Observer.GetGrainId().Key.ToString()!;
        return name.StartsWith(Hosted, StringComparison.Ordinal) && name.IndexOf('+') is > 0 and var end && _silos.IsDeadSilo(SiloAddress.FromParsableString(name[Hosted.Length..end]));
    }

    /// <summary>No hub begins here any more.</summary>
    internal bool IsLeaving => _isLeaving;

    /// <summary>Ends all hubs; they go on elsewhere. In slots, because each begins anew at once, and asks every gateway what it holds.</summary>
    internal async Task LeaveAsync(CancellationToken over)
    {
        _isLeaving = true;
        var began = Clock.Now;
        var awaited = _hubs.Keys.ToLookup(static hub => hub.HasClients);
        // Nobody notices that these are gone.
        foreach (var hub in awaited[false]) _ = hub.LeaveAsync();
        UserHubGrain[] hubs = [.. awaited[true]];
        var plan = DrainPlan.For(hubs.Length, _cluster.LeaveTime);
        _log.SiloLeaves(hubs.Length, plan.Slots);
        for (var slot = 0; slot < plan.Slots; slot++)
        {
            if (slot > 0 && plan.At(slot) - (Clock.Now - began) is var wait && wait > TimeSpan.Zero) await Task.Delay(wait, Clock.Provider, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var hub in hubs.AsSpan(plan.Of(slot, hubs.Length))) _ = hub.LeaveAsync();
        }

        // Some may have been on their way in.
        while (!_hubs.IsEmpty && !over.IsCancellationRequested) await Task.WhenAll(_hubs.Keys.Select(static hub => hub.LeaveAsync())).WaitAsync(over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Interrupt(Func<Core.TenantId, bool> whose)
    {
        foreach (var (hub, _) in _hubs) hub.Interrupt(whose);
    }

    internal void Add(UserHubGrain hub) => _hubs.TryAdd(hub, true);

    internal void Remove(UserHubGrain hub) => _hubs.TryRemove(hub, out _);

    internal void Add(CentralHubGrain central) => _centrals.TryAdd(central, true);

    internal void Remove(CentralHubGrain central) => _centrals.TryRemove(central, out _);

    internal void Add(RoomGrain room) => _rooms.TryAdd(room, true);

    internal void Remove(RoomGrain room) => _rooms.TryRemove(room, out _);

    private protected override void OnSweep(TimeSpan now)
    {
        if (now >= _nextRoomSweep)
        {
            _nextRoomSweep = now + TimeSpan.FromSeconds(1);
            foreach (var (room, _) in _rooms) room.SweepSoon();
        }

        if (now < _nextCollection) return;
        _nextCollection = now + Options.Hubs.CollectionInterval;
        foreach (var (central, _) in _centrals) central.CollectSoon();
    }

    // A central hub that took the place of a lost one learns of hubs where nothing happens.
    private void Repeat()
    {
        foreach (var (hub, _) in _hubs) hub.Repeat();
        foreach (var (room, _) in _rooms) room.RepeatSoon();
    }

    private GatewayOutbox NewOutbox(GatewayRef gateway) => new(gateway, Silo, NextEpoch(), _cluster, Time, _log, Lost);

    private void Lost(GatewayOutbox gateway) => _gateways.TryRemove(gateway.Id, out _);
}
