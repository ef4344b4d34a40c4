using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// Hosts a user's hub and, beside it, the user's plugins: the same actors as in one process, behind an address in the cluster. What is soft in it
/// comes back from the gateways when it begins anew elsewhere (DESIGN rule 7).
/// </summary>
[HubPlacement, KeepAlive]
internal sealed class UserHubGrain(SiloHubs silo, ClusterOptions cluster, IGrainFactory grains) : Grain, IUserHubGrain, IUserHubHome
{
    private readonly ConcurrentDictionary<string, GatewayLink> _links = [];
    private readonly HubGroups _groups = new(silo.NextEpoch);
    private TaskCompletionSource? _ended;
    private UserKey _key;
    private CentralReporter _central = null!;
    private UserHubActor? _actor;
    private Task? _rebuilt;

    public HubRuntime Runtime => silo;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (silo.IsLeaving) throw new InvalidOperationException("The silo leaves the cluster.");
        _key = UserKey.FromActorKey(this.GetPrimaryKeyString());
        _central = new(grains.Central(_key, cluster), _key, silo.NextEpoch(), _groups, cluster, silo.Time);
        silo.Add(this);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        silo.Remove(this);
        // What gateways would send from now on goes to the successor at the earliest, and that may be there before this one has given its last answers.
        foreach (var link in _links.Values) link.Close();
        if (_actor is { } actor)
        {
            _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _groups.Stop();
            actor.Post(HubInput.Stop());
            // The plugins' time is kept by their hosts; what does not end within it is fenced.
            await UntilAsync(_ended.Task, cancellationToken);
        }

        foreach (var link in _links.Values) link.Moved();
        await UntilAsync(Task.WhenAll(_links.Values.Select(static link => link.FlushAsync())), cancellationToken);
        foreach (var link in _links.Values) link.End();
        _central.Stop();
    }

    public async Task<JoinReply> Join(GatewayRef gateway, ConnectionInfo connection, bool isNew, string[] left)
    {
        if (isNew) _rebuilt ??= Task.CompletedTask;
        await RebuildAsync(gateway.Directory);
        var link = Link(gateway, connection);
        foreach (var id in left)
            if (link.Find(id) is { } gone) link.Leave(gone);
        // Tried again because the first answer was lost.
        if (link.Find(connection.Id) is not null) return new(null, link.Epoch, silo.Silo, silo.Inbox, silo.MayRunTwice);
        if (link.Make(connection) is not { } joins) return new((int)ErrorCode.HubCreationFailed, link.Epoch, silo.Silo, silo.Inbox, silo.MayRunTwice);
        _groups.Tell(gateway.Id, link);
        var error = await _actor!.AskAsync((hub, turn) =>
        {
            var refusal = hub.Join(joins.Connection, turn);
            if (refusal is null) joins.Welcome();
            return refusal;
        });
        if (error is not null) link.Remove(joins);
        // Not the connection's error: the next try finds the successor.
        if (error is ErrorCode.GoingAway) throw Ending();
        // It has left while it was on its way in.
        else if (link.Find(connection.Id) != joins) link.Leave(joins);
        return new((int?)error, link.Epoch, silo.Silo, silo.Inbox, silo.MayRunTwice);
    }

    public async Task<SyncReply> Sync(GatewayRef gateway, Holding holding, long number)
    {
        await RebuildAsync(gateway.Directory);
        var connections = holding.Connections;
        if (connections.Length == 0 && _actor is null) DeactivateOnIdle();
        if (connections.Length == 0 && !_links.ContainsKey(gateway.Id)) return new(0, silo.Silo, silo.Inbox, 0, [], 0);
        var link = Link(gateway, connections.FirstOrDefault());
        var refused = await RestoreAsync(link, connections);
        // Known to this gateway alone, which was out of reach when the hub began anew.
        if (holding.Groups.Number > _groups.Now.Number) await RestoreAsync(holding.Groups);
        _groups.Tell(gateway.Id, link);
        var held = connections.Select(static connection => connection.Id).ToHashSet();
        // A connection with a higher number has joined since the gateway made its list.
        foreach (var gone in link.Connections.Where(known => known.Number < number && !held.Contains(known.Connection.Id)).ToList()) link.Leave(gone);
        return new(link.Epoch, silo.Silo, silo.Inbox, (link as RemoteGatewayLink)?.LastBatch ?? 0, [.. refused], (int)ErrorCode.MaxConnectionsReached);
    }

    public async Task<int> Push(byte[] frame) => await FindAsync() is { } actor ? await actor.AskAsync((hub, _) => hub.Push(new Frame(frame))) : 0;

    public async Task<bool> PushTo(string connection, byte[] frame) => await FindAsync() is { } actor && await actor.AskAsync((hub, _) => hub.PushTo(connection, new Frame(frame)));

    public async Task<bool> SetGroup(string group, bool member)
    {
        if (await FindAsync() is not { } actor || !await actor.AskAsync((hub, _) => hub.SetGroup(group, member))) return false;
        // Who has been told that the user is a member may push to the group at once, and the loss of a silo does not undo it.
        await Task.WhenAll(_central.HeardAsync(), _groups.HeardAsync(cluster.Lease, silo.Time));
        return true;
    }

    public async Task<bool> Revive(string prefix) => await FindAsync() is { } actor && await actor.AskAsync((hub, _) => hub.Revive(prefix));

    public async Task<HubView?> Describe()
    {
        if (await FindAsync() is not { } actor) return null;
        var hub = await actor.AskAsync(static (hub, turn) => hub.Describe(turn));
        return new(hub.UserId, hub.Phase, hub.IdleFor, [.. hub.Connections], [.. hub.Groups], [.. hub.Plugins.Select(static plugin => new PluginView(plugin.Prefix, plugin.Status, plugin.Crashes))]);
    }

    public async Task Collect(long joins)
    {
        if (await FindAsync() is { } actor) actor.Post(HubInput.Collect(joins));
    }

    public Task Abandon()
    {
        _actor?.Post(HubInput.Abandon());
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public PluginPool Pool(int plugin) => silo.Pool(_key.Tenant, plugin);

    public void ReportActivity(UserHubActor hub, int clients, long joins) => _central.Activity(clients, joins);

    public void ReportEnded(UserHubActor hub, long joins, bool forGood)
    {
        _central.Ended();
        _ended?.TrySetResult();
        // Not DeactivateOnIdle: this is any thread, and the grain may be on its way out already.
        GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "The hub has ended."));
    }

    public bool Supersede(UserHubActor hub)
    {
        silo.Log.HubSuperseded(hub.Key);
        _groups.Stop();
        foreach (var (_, link) in _links) link.Close();
        // At once: another instance of the plugin here would fence the one that took this one's place.
        hub.Post(HubInput.Stop());
        GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "The hub has begun anew elsewhere."));
        return true;
    }

    public void ReportGroup(UserHubActor hub, string group, bool member)
    {
        if (_groups.Change(group, member)) _central.Group(group, member);
    }

    public void PushToGroup(string group, Frame frame)
    {
        // A push is given up with the part of the directory that it went to.
        foreach (var central in grains.Centrals(_key.Tenant, cluster)) _ = TenantContext.TellAsync(_key.Tenant, () => central.PushToGroup(group, frame.Bytes));
    }

    private static InvalidOperationException Ending() => new("The hub ends here.");

    private static Task UntilAsync(Task done, CancellationToken over) => Task.WhenAny(done, Task.Delay(Timeout.Infinite, over));

    /// <summary>Somebody is connected to it. Any thread.</summary>
    internal bool HasClients => _links.Values.Any(static link => link.Connections.Count > 0);

    /// <summary>The silo leaves. Any thread. Ends when the hub has.</summary>
    internal Task LeaveAsync()
    {
        GrainContext.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The silo leaves the cluster."));
        return GrainContext.Deactivated;
    }

    /// <summary>From any thread: what the user's plugins do ends.</summary>
    internal void Interrupt(Func<TenantId, bool> whose)
    {
        if (whose(_key.Tenant)) _actor?.Post(HubInput.Interrupt());
    }

    /// <summary>Tells the central hub again. Any thread.</summary>
    internal void Repeat()
    {
        _central.Repeat();
        _actor?.Post(HubInput.Query(static (hub, _) => hub.Repeat()));
    }

    // The connection that makes the hub stands for the user in its plugins' contexts.
    private GatewayLink Link(GatewayRef gateway, ConnectionInfo? first)
    {
        if (_links.TryGetValue(gateway.Id, out var known) && !known.IsLost) return known;
        if (_actor is null)
        {
            _actor = new(this, _key, first?.Identity(_key) ?? new(_key.Tenant.Name, _key.UserId));
            _actor.Post(HubInput.Begin());
        }

        foreach (var lost in _links.Where(static one => one.Value.IsLost)) _links.TryRemove(lost);
        return _links[gateway.Id] = silo.NewLink(_actor, gateway);
    }

    // A hub that was reached by anything but a new user's join may have been lost: it asks those who know.
    private async Task<UserHubActor?> FindAsync()
    {
        await RebuildAsync(DirectoryContext.Current);
        if (_actor is null)
        {
            // What was found counts for this call only: who joins before the grain is gone has the gateways asked again.
            _rebuilt = null;
            DeactivateOnIdle();
        }

        return _actor;
    }

    // Whoever comes after one that has failed tries again; nobody is let in before it has succeeded.
    private Task RebuildAsync(string directory)
    {
        if (_rebuilt is null or { IsFaulted: true } or { IsCanceled: true }) _rebuilt = GatherAsync(directory);
        return _rebuilt;
    }

    private async Task GatherAsync(string directory)
    {
        var gateways = await grains.Gateways().List(directory);
        var holdings = (await Task.WhenAll(gateways.Select(HeldAsync))).Where(static one => one.Held.Connections.Length > 0).ToList();
        foreach (var (gateway, held) in holdings) await RestoreAsync(Link(gateway, held.Connections[0]), held.Connections);
        // Who has heard of the last change has heard of all.
        if (holdings.Select(static one => one.Held.Groups).MaxBy(static groups => groups.Number) is { Number: > 0 } last) await RestoreAsync(last);
        foreach (var (gateway, held) in holdings) _groups.Tell(gateway.Id, Link(gateway, held.Connections[0]));
    }

    private async Task<(GatewayRef Gateway, Holding Held)> HeldAsync(GatewayRef gateway)
    {
        var (key, began) = (_key.ToActorKey(), silo.Time.GetTimestamp());
        while (!silo.IsLost(gateway))
        {
            try
            {
                return (gateway, await gateway.CallAsync(observer => observer.Held(key)).WaitAsync(cluster.CallTimeout, silo.Time));
            }
            catch (Exception) when (silo.Time.GetElapsedTime(began) < cluster.SyncInterval)
            {
                await Task.Delay(cluster.RetryDelay, silo.Time);
            }
            catch (Exception)
            {
                // What it held counts as gone; if it should live, it syncs, and has the places that are left.
                return (gateway, Holding.Nothing);
            }
        }

        return (gateway, Holding.Nothing);
    }

    private Task<bool> RestoreAsync(GroupSet groups) => _actor!.AskAsync((hub, _) => groups.Names.All(group => hub.SetGroup(group, true)));

    private async Task<List<string>> RestoreAsync(GatewayLink link, ConnectionInfo[] connections)
    {
        var refused = new List<string>();
        foreach (var info in connections)
        {
            if (!info.IsJoined || link.Find(info.Id) is not null || link.Make(info) is not { } returns) continue;
            if (await _actor!.AskAsync((hub, turn) => hub.Restore(returns.Connection, turn)) is not { } error) continue;
            link.Remove(returns);
            if (error is not ErrorCode.MaxConnectionsReached) throw Ending();
            refused.Add(info.Id);
        }

        return refused;
    }
}
