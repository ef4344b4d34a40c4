using Orleans.Placement;
using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>
/// Hosts a user's hub and, beside it, the user's plugins: the same actors as in one process, behind an address in the cluster. What is soft in it
/// comes back from the gateways when it begins anew elsewhere (DESIGN rule 7).
/// </summary>
[PreferLocalPlacement, KeepAlive]
internal sealed class UserHubGrain(SiloHubs silo, ClusterOptions cluster, IGrainFactory grains) : Grain, IUserHubGrain, IUserHubHome
{
    private readonly Dictionary<string, GatewayLink> _links = [];
    private TaskCompletionSource? _ended;
    private UserKey _key;
    private CentralReporter _central = null!;
    private UserHubActor? _actor;
    private Task? _rebuilt;

    public HubRuntime Runtime => silo;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = UserKey.FromActorKey(this.GetPrimaryKeyString());
        _central = new(grains.Central(_key, cluster), _key, silo.NextEpoch(), cluster, silo.Time);
        silo.Add(this);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        silo.Remove(this);
        if (_actor is { } actor)
        {
            _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            actor.Post(HubInput.Stop());
            // The plugins' time is kept by their hosts; what does not end within it is fenced.
            await Task.WhenAny(_ended.Task, Task.Delay(Timeout.Infinite, cancellationToken));
        }

        foreach (var link in _links.Values)
        {
            if (link.Connections.Count > 0) link.Send(new(DeliveryKind.Moved, "", [], 0, 0, 0), null);
            link.End();
        }

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
        if (link.Find(connection.Id) is not null) return new(null, link.Epoch, silo.Silo);
        var remote = link.Make(connection, _key, cluster.Window);
        var error = await _actor!.AskAsync((hub, turn) => hub.Join(remote, turn));
        if (error is not null) link.Remove(remote);
        return new((int?)error, link.Epoch, silo.Silo);
    }

    public async Task<SyncReply> Sync(GatewayRef gateway, ConnectionInfo[] connections, long number)
    {
        await RebuildAsync(gateway.Directory);
        if (connections.Length == 0 && _actor is null) DeactivateOnIdle();
        if (connections.Length == 0 && !_links.ContainsKey(gateway.Id)) return new(0, silo.Silo, 0, [], 0);
        var link = Link(gateway, connections.FirstOrDefault());
        var refused = await RestoreAsync(link, connections);
        var held = connections.Select(static connection => connection.Id).ToHashSet();
        // A connection with a higher number has joined since the gateway made its list.
        foreach (var gone in link.Connections.Where(known => known.Number < number && !held.Contains(known.Id)).ToList()) link.Leave(gone);
        return new(link.Epoch, silo.Silo, link.LastBatch, [.. refused], (int)ErrorCode.MaxConnectionsReached);
    }

    public Task<bool> Accept(string gateway, long epoch, long batch, ClientItem[] items)
    {
        if (_actor is not { } actor || !_links.TryGetValue(gateway, out var link) || link.Epoch != epoch || link.IsLost) return Task.FromResult(false);
        if (batch <= link.LastBatch) return Task.FromResult(true);
        link.LastBatch = batch;
        using var scope = TurnScope.Enter();
        foreach (var item in items)
        {
            if (link.Find(item.Connection) is not { } connection) continue;
            switch (item.Kind)
            {
                case ClientItemKind.Message when ClientEnvelope.TryRead(item.Frame, out var envelope, out _):
                    actor.Post(HubInput.Send(connection, envelope with { Number = item.Number }));
                    break;
                case ClientItemKind.Message:
                    break; // no gateway sends what it could not read itself
                case ClientItemKind.Leave:
                    link.Leave(connection);
                    break;
                case ClientItemKind.Room:
                    // What was said by a hub before this one does not count.
                    if (item.Number == link.Epoch) connection.Unblock();
                    break;
            }
        }

        return Task.FromResult(true);
    }

    public async Task<int> Push(byte[] frame) => await FindAsync() is { } actor ? await actor.AskAsync((hub, _) => hub.Push(new Frame(frame))) : 0;

    public async Task<bool> PushTo(string connection, byte[] frame) => await FindAsync() is { } actor && await actor.AskAsync((hub, _) => hub.PushTo(connection, new Frame(frame)));

    public async Task<bool> SetGroup(string group, bool member)
    {
        if (await FindAsync() is not { } actor || !await actor.AskAsync((hub, _) => hub.SetGroup(group, member))) return false;
        // Who has been told that the user is a member may push to the group at once.
        await _central.HeardAsync();
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

    public void ReportGroup(UserHubActor hub, string group, bool member) => _central.Group(group, member);

    public void PushToGroup(string group, Frame frame)
    {
        // A push is given up with the part of the directory that it went to.
        foreach (var central in grains.Centrals(_key.Tenant, cluster)) _ = TenantContext.TellAsync(_key.Tenant, () => central.PushToGroup(group, frame.Bytes));
    }

    /// <summary>Tells the central hub again. Any thread.</summary>
    internal void Repeat() => _actor?.Post(HubInput.Query(static (hub, _) => hub.Repeat()));

    // The connection that makes the hub stands for the user in its plugins' contexts.
    private GatewayLink Link(GatewayRef gateway, ConnectionInfo? first)
    {
        if (_links.TryGetValue(gateway.Id, out var known) && !known.IsLost) return known;
        if (_actor is null)
        {
            _actor = new(this, _key, first?.Identity(_key) ?? new(_key.Tenant.Name, _key.UserId));
            _actor.Post(HubInput.Begin());
        }

        var outbox = silo.Outbox(gateway);
        // An epoch for each link: to a gateway that was given up and is back, the hub has forgotten as much as a new one.
        var link = _links[gateway.Id] = new(_actor, outbox, _key.ToActorKey(), silo.NextEpoch());
        outbox.Add(link);
        return link;
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
        foreach (var (gateway, held) in await Task.WhenAll(gateways.Select(HeldAsync)))
            if (held.Length > 0) await RestoreAsync(Link(gateway, held[0]), held);
    }

    private async Task<(GatewayRef Gateway, ConnectionInfo[] Held)> HeldAsync(GatewayRef gateway)
    {
        var patience = cluster.Lease;
        var began = silo.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return (gateway, await gateway.Observer.Held(_key.ToActorKey()).WaitAsync(cluster.CallTimeout, silo.Time));
            }
            catch (Exception) when (silo.Time.GetElapsedTime(began) < patience)
            {
                await Task.Delay(cluster.RetryDelay, silo.Time);
            }
            catch (Exception)
            {
                // It has lost its lease: what it held is gone, and if it should live, it syncs.
                return (gateway, []);
            }
        }
    }

    private async Task<List<string>> RestoreAsync(GatewayLink link, ConnectionInfo[] connections)
    {
        var refused = new List<string>();
        foreach (var info in connections)
        {
            if (!info.IsJoined || link.Find(info.Id) is not null) continue;
            var remote = link.Make(info, _key, cluster.Window);
            if (await _actor!.AskAsync((hub, turn) => hub.Restore(remote, turn)) is null) continue;
            link.Remove(remote);
            refused.Add(info.Id);
        }

        return refused;
    }
}
