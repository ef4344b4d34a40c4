using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>Hosts a tenant's central hub: performs the effects of its <see cref="CentralHub{THub}"/>.</summary>
internal sealed class CentralHubActor : Mailbox<CentralInput>, ICentralHubPort<UserHubActor>, IUserHubHome
{
    private readonly PluginPool[] _pools;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private UserIdentity? _creator;
    private int _edition;
    private bool _isForgotten;

    internal CentralHubActor(InProcessRuntime runtime, TenantId tenant)
        : base(runtime.Clock)
    {
        (Runtime, NextCollection) = (runtime, runtime.Clock.Now + runtime.Options.Hubs.CollectionInterval);
        _edition = runtime.Options.Edition.Number;
        Hub = new(tenant, runtime.Options.Of(tenant).Hubs, this);
        Tenant = tenant;
        _pools = runtime.NewPools(tenant);
    }

    public HubRuntime Runtime { get; }

    internal TenantId Tenant { get; }

    // Turns only.
    internal CentralHub<UserHubActor> Hub { get; }

    // Sweep only.
    internal TimeSpan NextCollection { get; set; }

    public UserHubActor? CreateHub(UserKey user)
    {
        var hub = new UserHubActor(this, user, _creator!);
        hub.Post(HubInput.Begin());
        return hub;
    }

    public void AskToEnd(UserHubActor hub, long joins) => hub.Post(HubInput.Collect(joins));

    public void Stop(UserHubActor hub) => hub.Post(HubInput.Stop());

    public void Stopped() => _stopped.TrySetResult();

    public void Abandon(UserHubActor hub)
    {
        Runtime.Log.HubAbandoned(hub.Key);
        hub.Post(HubInput.Abandon());
    }

    internal Task StopAsync()
    {
        Post(CentralInput.Stop());
        return _stopped.Task;
    }

    public PluginPool Pool(int plugin) => _pools[plugin];

    void IUserHubHome.ReportActivity(UserHubActor hub, int clients, long joins) => Post(CentralInput.Activity(hub, clients, joins));

    void IUserHubHome.ReportEnded(UserHubActor hub, long joins, bool forGood) => Post(CentralInput.Ended(hub, joins, forGood));

    bool IUserHubHome.Supersede(UserHubActor hub) => false;

    void IUserHubHome.ReportGroup(UserHubActor hub, string group, bool member) => Post(CentralInput.Group(hub, group, member));

    void IUserHubHome.PushToGroup(string group, Frame frame) => Post(CentralInput.PushToGroup(group, frame, null));

    protected override void OnTurn(in CentralInput input, Turn turn)
    {
        switch (input.Kind)
        {
            case CentralInput.Kinds.Route:
                if (_isForgotten)
                {
                    // It came on its way out.
                    ((InProcessRuntime)Runtime).Central(Tenant).Post(input);
                    break;
                }

                Renew();
                var join = (JoinOperation)input.Subject!;
                _creator = join.Connection.Identity;
                join.Routed(Hub.Route(join.User.UserId, turn), Hub.IsStopping ? ErrorCode.GoingAway : ErrorCode.HubCreationFailed);
                break;
            case CentralInput.Kinds.Activity:
                Hub.Activity(input.Hub.Key.UserId, input.Hub, input.Clients, input.Joins, turn);
                break;
            case CentralInput.Kinds.Ended:
                if (Hub.Ended(input.Hub.Key.UserId, input.Hub, input.Joins, input.Flag)) Interlocked.Increment(ref Runtime.Counters.CollectedHubsValue);
                break;
            case CentralInput.Kinds.Group:
                Hub.Group(input.Hub.Key.UserId, input.Hub, (string)input.More!, input.Flag);
                break;
            case CentralInput.Kinds.PushToGroup:
                var members = Hub.Members((string)input.Subject!);
                foreach (var member in members) member.Post(HubInput.Push(new Frame((byte[])input.More!), null));
                ((TaskCompletionSource<int>?)input.Answer)?.TrySetResult(members.Count);
                break;
            case CentralInput.Kinds.Collect:
                Hub.Collect(turn);
                ForgetIfUnused();
                break;
            case CentralInput.Kinds.Stop:
                Hub.Stop();
                break;
            case CentralInput.Kinds.Query:
                ((Action<CentralHubActor>)input.Subject!)(this);
                break;
        }
    }

    // What plugins have forfeited in this tenant stays forfeited.
    private void ForgetIfUnused()
    {
        if (Hub.Count > 0 || Hub.IsStopping || _pools.Any(static pool => pool.Abandoned > 0 || pool.Inline != pool.Plugin.Inline)) return;
        _isForgotten = true;
        ((InProcessRuntime)Runtime).Forget(this);
    }

    private void Renew()
    {
        if (Runtime.Options.Edition.Number is var edition && edition == _edition) return;
        _edition = edition;
        Hub.Bound(Runtime.Options.Of(Tenant).Hubs);
    }

    protected override void OnFault(Exception exception) => Runtime.TurnFault(exception, "central hub");
}
