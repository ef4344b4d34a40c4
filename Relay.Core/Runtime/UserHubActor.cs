using Relay.Abstractions;
using Relay.Core.Hubs;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>Hosts one user hub: performs the effects of its <see cref="UserHub"/>.</summary>
internal sealed class UserHubActor : Mailbox<HubInput>, IUserHubPort
{
    private readonly PluginHostActor?[] _hosts;
    private readonly UserIdentity _user;
    private UserHub? _hub;
    private int _edition;

    // The connection that made the hub stands for the user in its plugins' contexts.
    internal UserHubActor(IUserHubHome home, UserKey key, UserIdentity user)
        : base(home.Runtime.Clock)
    {
        (Home, Key, _user) = (home, key, user);
        _hosts = new PluginHostActor?[home.Runtime.Plugins.Count];
    }

    internal IUserHubHome Home { get; }

    internal HubRuntime Runtime => Home.Runtime;

    internal UserKey Key { get; }

    public long NextIncarnation() => Runtime.NextIncarnation();

    public void StartPlugin(int plugin, long incarnation) => Host(plugin).Post(PluginInput.Start(incarnation));

    public void PostToPlugin(int plugin, IHubConnection connection, in ClientEnvelope message) => Host(plugin).Post(PluginInput.Post(connection, message));

    public void TellPresence(int plugin, bool present) => _hosts[plugin]?.Post(PluginInput.Presence(present));

    public void ConnectionLeft(int plugin, IHubConnection connection) => _hosts[plugin]?.Post(PluginInput.ConnectionLeft(connection));

    public void FailPlugin(int plugin) => _hosts[plugin]?.Post(PluginInput.Fail());

    public void HandBackWaiting(int plugin) => _hosts[plugin]?.Post(PluginInput.HandBack());

    public void EndPlugin(int plugin, long incarnation) => Host(plugin).Post(PluginInput.End(incarnation));

    public void ReportActivity(int clients, long joins) => Home.ReportActivity(this, clients, joins);

    public void ReportEnded(long joins, bool forGood) => Home.ReportEnded(this, joins, forGood);

    public void ReportGroup(string group, bool member) => Home.ReportGroup(this, group, member);

    public void PluginChanged(int plugin, PluginStatus status)
    {
        if (status != PluginStatus.Failed) return;
        Interlocked.Increment(ref Runtime.Counters.Of(Runtime.Plugins[plugin].Prefix).FailedValue);
        Runtime.Log.PluginFailed(Runtime.Plugins[plugin].Prefix, Key);
        Runtime.Events?.Tell(RelayEvent.OfHub(Key, RelayEventKind.PluginFailed, Runtime.Plugins[plugin].Prefix, _hub!.ClientCount));
    }

    public void Tell(RelayEventKind kind, string subject, int connections) => Runtime.Events?.Tell(RelayEvent.OfHub(Key, kind, subject, connections));

    /// <summary>A message of a connection.</summary>
    internal void Take(IHubConnection connection, in ClientEnvelope message)
    {
        if (Runtime.Counters.Dispatches.AreWanted && TurnScope.TryTime(Runtime.Clock, out var now)) Post(HubInput.Send(connection, message with { Taken = now }));
        else Post(HubInput.Send(connection, message));
    }

    /// <summary>Asks the hub in a turn of its own.</summary>
    internal Task<T> AskAsync<T>(Func<UserHub, Turn, T> query)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(HubInput.Query((state, turn) => answer.TrySetResult(query(state, turn))));
        return answer.Task;
    }

    protected override void OnTurn(in HubInput input, Turn turn)
    {
        if (Runtime.Options.Edition.Number != _edition) Renew();
        if (input.Kind == HubInput.Kinds.Message)
        {
            _hub!.Dispatch(input.Connection, input.Message, turn);
            return;
        }

        switch (input.Kind)
        {
            case HubInput.Kinds.Begin:
                _edition = Runtime.Options.Edition.Number;
                var options = Runtime.Options.Of(Key.Tenant);
                _hub = new(Key, options.Hubs, options.Restarts, Runtime.Plugins, Runtime.Registry.Prefixes, this, turn, options.Plugins);
                break;
            case HubInput.Kinds.Join:
                Join((JoinOperation)input.Subject!, turn);
                break;
            case HubInput.Kinds.Leave:
                _hub!.Leave(input.Connection, turn);
                break;
            case HubInput.Kinds.Push:
                _hub!.Push(input.Frame, (string?)input.Subject);
                break;
            case HubInput.Kinds.PushTo:
                _hub!.PushTo((string)input.Subject!, input.Frame);
                break;
            case HubInput.Kinds.Group:
                _hub!.SetGroup((string)input.Subject!, input.Flag);
                break;
            case HubInput.Kinds.Started:
                _hub!.PluginStarted(input.Plugin, input.Number);
                break;
            case HubInput.Kinds.Crashed:
                _hub!.PluginCrashed(input.Plugin, input.Number, turn);
                break;
            case HubInput.Kinds.Ended:
                _hub!.PluginEnded(input.Plugin, input.Number, input.Flag);
                break;
            case HubInput.Kinds.Wanted:
                _hub!.PluginWanted(input.Plugin);
                break;
            case HubInput.Kinds.Collect:
                _hub!.Collect(input.Number, turn);
                break;
            case HubInput.Kinds.Abandon:
                _hub!.Abandon();
                break;
            case HubInput.Kinds.Stop:
                _hub!.Stop();
                break;
            case HubInput.Kinds.Interrupt:
                foreach (var host in _hosts) host?.Post(PluginInput.Interrupt());
                break;
            case HubInput.Kinds.Query:
                ((Action<UserHub, Turn>)input.Subject!)(_hub!, turn);
                break;
            case HubInput.Kinds.Message:
                break;
        }
    }

    // The number first: what changes behind it is seen with the next one.
    private void Renew()
    {
        _edition = Runtime.Options.Edition.Number;
        var options = Runtime.Options.Of(Key.Tenant);
        _hub?.Bound(options.Hubs, options.Plugins);
    }

    protected override void OnFault(Exception exception) => Runtime.TurnFault(exception, "user hub");

    private void Join(JoinOperation join, Turn turn)
    {
        var error = _hub!.Join(join.Connection, turn);
        join.Complete(error is null ? new(new LocalHubLink(this, join.Connection), null) : new(null, error));
    }

    private PluginHostActor Host(int plugin) => _hosts[plugin] ??= new(this, plugin, Home.Pool(plugin), _user);
}
