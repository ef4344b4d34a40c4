using Relay.Core;
using Relay.Core.Hubs;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>Hosts a part of a tenant's directory of hubs: performs the effects of its <see cref="CentralHub{THub}"/>.</summary>
[KeepAlive]
internal sealed class CentralHubGrain(SiloHubs silo, ClusterOptions cluster, IGrainFactory grains) : Grain, ICentralHubGrain, ICentralHubPort<HubRef>
{
    private CentralKey _key;
    private CentralHub<HubRef> _hub = null!;
    private ICentralHubGrain _self = null!;
    private long _born;
    private int _edition;

    private Turn Turn => new(silo.Clock.Now);

    // Before all hubs had the time to tell of themselves, a user that is unknown here may still have one.
    private bool IsComplete => silo.Time.GetElapsedTime(_born) > cluster.RepeatInterval * 2;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = CentralKey.FromActorKey(this.GetPrimaryKeyString());
        _edition = silo.Options.Edition.Number;
        _hub = new(_key.Tenant, Limits(), this);
        _self = grains.Central(_key);
        _born = silo.Time.GetTimestamp();
        silo.Add(this);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        silo.Remove(this);
        return Task.CompletedTask;
    }

    public Task<RouteReply> Route(string userId)
    {
        if (silo.Options.Edition.Number is var edition && edition != _edition)
        {
            _edition = edition;
            _hub.Bound(Limits());
        }

        var known = _hub.Find(userId) is not null;
        var hub = _hub.Route(userId, Turn);
        return Task.FromResult(new RouteReply(hub is null ? (int)ErrorCode.HubCreationFailed : null, !known && IsComplete));
    }

    public Task<bool> MayKnow(string userId) => Task.FromResult(_hub.Find(userId) is not null || !IsComplete);

    public Task<bool> Report(string userId, long epoch, int clients, long joins, string[]? groups)
    {
        var hub = _hub.Find(userId) ?? new HubRef(new(_key.Tenant, userId));
        var isKnown = hub.Is(epoch);
        if (!hub.TryEnter(epoch)) return Task.FromResult(true);
        _hub.Reported(userId, hub, clients, joins, Turn);
        if (groups is not null) _hub.Groups(userId, hub, groups);
        return Task.FromResult(isKnown || groups is not null);
    }

    public Task Ended(string userId, long epoch)
    {
        if (_hub.Find(userId) is { } hub && hub.Is(epoch) && _hub.Ended(userId, hub, 0, forGood: true)) Interlocked.Increment(ref silo.Counters.CollectedHubsValue);
        return Task.CompletedTask;
    }

    public Task Group(string userId, long epoch, string group, bool member)
    {
        if (_hub.Find(userId) is { } hub && hub.TryEnter(epoch)) _hub.Group(userId, hub, group, member);
        return Task.CompletedTask;
    }

    public Task<int> PushToGroup(string group, byte[] frame)
    {
        var members = _hub.Members(group);
        foreach (var member in members) Tell(member.User, hub => hub.Push(frame));
        return Task.FromResult(members.Count);
    }

    public Task<DirectoryPage> List(string? after, int limit) =>
        Task.FromResult(new DirectoryPage(_hub.Count, _hub.Clients, [.. _hub.Page(after, limit).Select(static hub => hub.User.UserId)]));

    public Task<DirectoryUsers> Users(string? after, int limit) => Task.FromResult(DirectoryUsers.Of(_hub.Users(after, limit)));

    public Task<DirectoryUsers> Members(string group, string? after, int limit) => Task.FromResult(DirectoryUsers.Of(_hub.Members(group, after, limit)));

    public Task Collect()
    {
        _hub.Collect(Turn);
        return Task.CompletedTask;
    }

    HubRef ICentralHubPort<HubRef>.CreateHub(UserKey user) => new(user);

    void ICentralHubPort<HubRef>.AskToEnd(HubRef hub, long joins) => Tell(hub.User, grain => grain.Collect(joins));

    void ICentralHubPort<HubRef>.Abandon(HubRef hub)
    {
        silo.Log.HubAbandoned(hub.User);
        Tell(hub.User, static grain => grain.Abandon());
    }

    // A cluster's directory is not stopped: its hubs end with the silos that they are on.
    void ICentralHubPort<HubRef>.Stop(HubRef hub)
    {
    }

    void ICentralHubPort<HubRef>.Stopped()
    {
    }

    /// <summary>From any thread: has the directory look for idle hubs, in a turn of its own.</summary>
    internal void CollectSoon() => _ = TenantContext.TellAsync(_key.Tenant, _self.Collect);

    // A hub that cannot be reached now is asked again at the next collection, and forgotten when it does not answer then.
    private void Tell(UserKey user, Func<IUserHubGrain, Task> call) => _ = TenantContext.TellAsync(_key.Tenant, () => call(grains.Hub(user)));

    // A part's share.
    private HubLimits Limits()
    {
        var limits = silo.Options.Of(_key.Tenant).Hubs;
        return limits with { MaxUserHubs = (limits.MaxUserHubs + cluster.CentralShards - 1) / cluster.CentralShards };
    }
}

/// <summary>A user's hub as a directory names it: by the user, with the epoch that was last heard of.</summary>
internal sealed class HubRef(UserKey user)
{
    private long _epoch;

    public UserKey User => user;

    /// <summary>Whether it is this very hub, and not one before it: the successor may have been routed to already and not been heard of.</summary>
    public bool Is(long epoch) => epoch == _epoch;

    /// <summary>False for news of a hub that has had a successor.</summary>
    public bool TryEnter(long epoch)
    {
        if (epoch < _epoch) return false;
        _epoch = epoch;
        return true;
    }
}
