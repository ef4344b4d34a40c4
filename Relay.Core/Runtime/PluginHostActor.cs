using Microsoft.Extensions.Logging;
using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Core.Telemetry;

namespace Relay.Core.Runtime;

/// <summary>Hosts one plugin of one user: performs the effects of its <see cref="PluginInbox"/>.</summary>
internal sealed class PluginHostActor : Mailbox<PluginInput>, IPluginInboxPort, IRequestOwner, IRoomWaiter
{
    private readonly PluginInbox _inbox;
    private readonly int _index;
    private PluginRunner? _runner;

    // The message in the hands of an instance that was just fenced, until it is told why.
    private PluginRequest? _cut;
    private bool _crashed;
    private int _open;
    private int _watched;
    private int _waiting;

    internal PluginHostActor(UserHubActor hub, int index, PluginPool pool, UserIdentity user)
        : base(hub.Runtime.Clock)
    {
        (Hub, _index, Pool, User) = (hub, index, pool, user);
        _inbox = new(hub.Runtime.Options.Of(hub.Key.Tenant).Inbox, this, this, this);
    }

    internal HubRuntime Runtime => Hub.Runtime;

    internal RuntimeClock Clock => Hub.Runtime.Clock;

    internal UserHubActor Hub { get; }

    internal PluginPool Pool { get; }

    internal UserIdentity User { get; }

    internal PluginKey Key => new(Hub.Key, Prefix);

    internal IPluginStoreProvider Stores => Runtime.Stores;

    internal ILogger PluginLog => Runtime.PluginLog(_index);

    public string Prefix => Pool.Plugin.Prefix;

    public TimeSpan Now => Clock.Now;

    public int MaxOpen => Runtime.Options.Of(Hub.Key.Tenant).MaxOpenRequests;

    TimeSpan? IPluginInboxPort.RunningSince => _runner?.RunningSince;

    public bool TryOpen()
    {
        if (Interlocked.Increment(ref _open) <= MaxOpen) return true;
        Interlocked.Decrement(ref _open);
        return false;
    }

    public void Detached(PluginRequest request) => Post(PluginInput.Detached(request));

    public void Closed(PluginRequest request)
    {
        Interlocked.Decrement(ref _open);
        Post(PluginInput.DetachedFinished(request));
    }

    public void LateTerminal() => Interlocked.Increment(ref Runtime.Counters.LateTerminalsValue);

    public void RoomAgain(IHubConnection connection) => Post(PluginInput.RoomAgain(connection));

    void IPluginInboxPort.Start(long incarnation)
    {
        if (_crashed) Interlocked.Increment(ref Pool.Counters.RestartsValue);
        _crashed = false;
        _runner = new PluginRunner(this, incarnation);
        _runner.Start(Scope);
    }

    void IPluginInboxPort.Run(PluginRequest request) => _runner!.Handle(request, Scope);

    void IPluginInboxPort.RunPresence(long incarnation, bool present) => _runner!.TellPresence(present, Scope);

    void IPluginInboxPort.Stop(long incarnation) => _runner!.Stop(Scope);

    void IPluginInboxPort.Cancel(long incarnation) => _runner?.Cancel();

    void IPluginInboxPort.Cancel(PluginRequest request) => request.Stream?.Cancel();

    void IPluginInboxPort.Fence(long incarnation)
    {
        _runner?.Fence();
        (_runner, _cut) = (null, _inbox.Current);
    }

    void IPluginInboxPort.WantSweep() => Watch();

    void IPluginInboxPort.ReportStarted(long incarnation) => Hub.Post(HubInput.Started(_index, incarnation));

    void IPluginInboxPort.ReportCrashed(long incarnation, CrashCause cause)
    {
        Interlocked.Increment(ref Pool.Counters.CrashesValue);
        _crashed = true;
        if (cause == CrashCause.TimeLimit)
        {
            Interlocked.Increment(ref Pool.Counters.TimeLimitsValue);
            using var at = RelayTrace.Within(_cut?.Span);
            Runtime.Log.PluginOverTime(Prefix, Hub.Key, incarnation, _cut?.ConnectionId);
        }

        _cut = null;
        Hub.Post(HubInput.Crashed(_index, incarnation));
    }

    void IPluginInboxPort.ReportEnded(long incarnation, bool waiting)
    {
        _cut = null;
        Hub.Post(HubInput.Ended(_index, incarnation, waiting));
    }

    void IPluginInboxPort.ReportWanted() => Hub.Post(HubInput.Wanted(_index));

    void IPluginInboxPort.ReportDropped() => Interlocked.Increment(ref Runtime.Counters.DroppedMessagesValue);

    internal PluginInstance Create() => Pool.Plugin.Create(Runtime.Services);

    internal void Crashed(long incarnation, Exception error, PluginRequest? request)
    {
        using (RelayTrace.Within(request?.Span)) Runtime.Log.PluginCrashed(error, Prefix, Hub.Key, incarnation, request?.ConnectionId);
        Post(PluginInput.Crashed(incarnation));
    }

    /// <summary>An instance's store was fenced by one in another process.</summary>
    /// <returns>False when the relay is no cluster, whose processes have users of their own: then it is a crash.</returns>
    internal bool Superseded(long incarnation)
    {
        if (!Hub.Home.Supersede(Hub)) return false;
        Post(PluginInput.Superseded(incarnation));
        return true;
    }

    internal void DisposeFailed(Exception error) => Runtime.Log.PluginDisposeFailed(error, Prefix, Hub.Key);

    /// <summary>Too many handlers of the plugin hang already: this one is not run.</summary>
    internal void Refused(long incarnation, PluginRequest? request)
    {
        Interlocked.Increment(ref Pool.Counters.RefusedRunsValue);
        var message = $"Too many handlers of {Prefix} hang.";
        if (request is null)
        {
            Runtime.Log.PluginNotStarted(Prefix, Hub.Key, Pool.Abandoned);
            Post(PluginInput.StartRefused(incarnation, message));
            return;
        }

        request.Finish(ErrorCode.PluginFailed, message);
        Post(PluginInput.HandlerEnded(request));
    }

    /// <summary>The watchdog has seen plugin code of this host block a thread.</summary>
    internal void Blocked()
    {
        if (Pool.RevokeInline()) Runtime.Log.InlineRevoked(Prefix);
        Post(PluginInput.Sweep());
    }

    /// <summary>Has the sweep look at the host as long as there is something to watch.</summary>
    internal void Watch()
    {
        if (Interlocked.Exchange(ref _watched, 1) == 0) Runtime.Watch(this);
    }

    protected override void OnTurn(in PluginInput input, Turn turn)
    {
        Handle(input, turn);
        if (_inbox.Waiting is var waiting && waiting == _waiting) return;
        Interlocked.Add(ref Runtime.Counters.WaitingMessagesValue, waiting - _waiting);
        _waiting = waiting;
    }

    protected override void OnFault(Exception exception) => Runtime.TurnFault(exception, "plugin host");

    private static TurnScope Scope => TurnScope.Current;

    private void Handle(in PluginInput input, Turn turn)
    {
        switch (input.Kind)
        {
            case PluginInput.Kinds.Message:
                _inbox.Post(input.Connection, input.Message);
                break;
            case PluginInput.Kinds.HandlerEnded:
                _inbox.HandlerEnded(input.Request);
                break;
            case PluginInput.Kinds.Start:
                _inbox.Start(input.Incarnation);
                break;
            case PluginInput.Kinds.Ready:
                _inbox.InstanceReady(input.Incarnation);
                break;
            case PluginInput.Kinds.StartRefused:
                _inbox.StartRefused(input.Incarnation, (string)input.Subject!);
                break;
            case PluginInput.Kinds.Crashed:
                _inbox.CodeCrashed(input.Incarnation);
                break;
            case PluginInput.Kinds.Present:
                _inbox.Presence(true);
                break;
            case PluginInput.Kinds.Absent:
                _inbox.Presence(false);
                break;
            case PluginInput.Kinds.PresenceHandled:
                _inbox.PresenceHandled(input.Incarnation);
                break;
            case PluginInput.Kinds.Detached:
                _inbox.Detached(input.Request);
                break;
            case PluginInput.Kinds.DetachedFinished:
                _inbox.DetachedFinished(input.Request);
                break;
            case PluginInput.Kinds.ConnectionLeft:
                _inbox.ConnectionLeft(input.Connection);
                break;
            case PluginInput.Kinds.RoomAgain:
                _inbox.RoomAgain(input.Connection);
                break;
            case PluginInput.Kinds.End:
                _inbox.End(input.Incarnation, turn);
                break;
            case PluginInput.Kinds.EndItself:
                _inbox.EndItself(input.Incarnation);
                break;
            case PluginInput.Kinds.Stopped:
                _inbox.InstanceStopped(input.Incarnation);
                break;
            case PluginInput.Kinds.Fail:
                _inbox.Fail();
                break;
            case PluginInput.Kinds.HandBack:
                _inbox.HandBack();
                break;
            case PluginInput.Kinds.Superseded:
                _inbox.Superseded(input.Incarnation);
                break;
            case PluginInput.Kinds.Interrupt:
                _inbox.Interrupt(turn);
                break;
            case PluginInput.Kinds.Sweep:
                _inbox.Sweep(turn);
                if (!_inbox.NeedsSweep) Unwatch();
                break;
        }
    }

    private void Unwatch()
    {
        Runtime.Unwatch(this);
        Volatile.Write(ref _watched, 0);
    }
}
