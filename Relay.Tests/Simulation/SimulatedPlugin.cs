using Relay.Core.Hubs;
using Relay.Core.Plugins;

namespace Relay.Tests.Simulation;

/// <summary>One plugin's host in the simulation: its inbox, and plugin code that does at random what code may do.</summary>
internal sealed class SimulatedPlugin : IPluginInboxPort, IRequestOwner, IRoomWaiter
{
    public static readonly InboxLimits Limits = new(400, 1 << 20, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10));

    private readonly World _world;
    private readonly SimulatedHub _hub;
    private readonly int _index;
    private readonly PluginInbox _inbox;
    private readonly List<PluginRequest> _open = [];
    private long _incarnation;
    private long _live;
    private TimeSpan? _runningSince;
    private Action? _code;

    public SimulatedPlugin(World world, SimulatedHub hub, int index)
    {
        (_world, _hub, _index) = (world, hub, index);
        _inbox = new(Limits, this, this, this);
        Inputs = new(world, $"to {hub.Name}/{index}");
    }

    /// <summary>The hub's way to the host, and what the host's own code posts.</summary>
    public Channel Inputs { get; }

    public PluginInbox Inbox => _inbox;

    public bool IsIdle => _code is null && _open.Count == 0 && !_inbox.NeedsSweep;

    string IRequestOwner.Prefix => World.Prefixes[_index];

    TimeSpan IRequestOwner.Now => _world.Now;

    int IRequestOwner.MaxOpen => 3;

    TimeSpan? IPluginInboxPort.RunningSince => _runningSince;

    public void Sweep() => Inputs.Post(() => _inbox.Sweep(_world.Turn));

    /// <summary>Plugin code takes its next step, if any runs.</summary>
    public void Step(bool gentle)
    {
        var random = _world.Random;
        if (_open.Count > 0 && (_code is null || random.Next(3) == 0))
        {
            var request = _open[random.Next(_open.Count)];
            _open.Remove(request);
            request.Reply("done");
            if (random.Next(4) == 0) request.Reply("again");
            return;
        }

        if (_code is not { } code) return;
        _runningSince ??= _world.Now;
        // Code that hangs is left to the time limit.
        if (!gentle && random.Next(20) == 0) return;
        _code = null;
        var incarnation = _incarnation;
        if (!gentle && random.Next(25) == 0)
        {
            Inputs.Post(() => _inbox.CodeCrashed(incarnation));
            return;
        }

        if (random.Next(60) == 0) Inputs.Post(() => _inbox.EndItself(incarnation));
        code();
    }

    bool IRequestOwner.TryOpen()
    {
        if (OpenCount >= 3) return false;
        OpenCount++;
        return true;
    }

    private int OpenCount { get; set; }

    void IRequestOwner.Detached(PluginRequest request) => Inputs.Post(() => _inbox.Detached(request));

    void IRequestOwner.Closed(PluginRequest request)
    {
        World.Check(--OpenCount >= 0, "a place was given back twice");
        Inputs.Post(() => _inbox.DetachedFinished(request));
    }

    void IRequestOwner.LateTerminal() => _world.Late++;

    void IRoomWaiter.RoomAgain(IHubConnection connection) => Inputs.Post(() => _inbox.RoomAgain(connection));

    void IPluginInboxPort.Start(long incarnation)
    {
        World.Check(_live == 0 && incarnation > _incarnation, "two instances of a plugin live");
        (_live, _incarnation) = (incarnation, incarnation);
        Code(() => Inputs.Post(() => _inbox.InstanceReady(incarnation)));
    }

    void IPluginInboxPort.Run(PluginRequest request)
    {
        World.Check(_live == request.Incarnation && _live == _incarnation, "a message is given to an instance that is not live");
        ((SimulatedConnection)request.Connection).Handled(_index, request.RequestId!);
        Code(() =>
        {
            switch (_world.Random.Next(12))
            {
                case 0:
                    break;
                case 1:
                    try
                    {
                        request.Detach(_world.Random.Next(2) == 0);
                        _open.Add(request);
                    }
                    catch (Abstractions.TooManyOpenRequestsException)
                    {
                        request.Fail("busy", "");
                    }

                    break;
                default:
                    request.Reply("ok");
                    if (_world.Random.Next(10) == 0) request.Fail("again", "");
                    break;
            }

            Inputs.Post(() => _inbox.HandlerEnded(request));
        });
    }

    void IPluginInboxPort.RunPresence(long incarnation, bool present) => Code(() => Inputs.Post(() => _inbox.PresenceHandled(incarnation)));

    void IPluginInboxPort.Stop(long incarnation) => Code(() => Inputs.Post(() => _inbox.InstanceStopped(incarnation)));

    void IPluginInboxPort.Cancel(long incarnation)
    {
    }

    void IPluginInboxPort.Cancel(PluginRequest request) => request.Stream?.Cancel();

    void IPluginInboxPort.Fence(long incarnation)
    {
        World.Check(incarnation == _live, "another instance than the live one is fenced");
        _live = 0;
        // What was running is abandoned: sometimes it wakes late, and what it then does must count for nothing.
        if (_code is not { } late) return;
        (_code, _runningSince) = (null, null);
        if (_world.Random.Next(2) == 0) _world.Later(late);
    }

    void IPluginInboxPort.WantSweep()
    {
    }

    void IPluginInboxPort.ReportStarted(long incarnation) => _hub.FromPlugin(_index, hub => hub.PluginStarted(_index, incarnation));

    void IPluginInboxPort.ReportCrashed(long incarnation, CrashCause cause) => _hub.FromPlugin(_index, hub => hub.PluginCrashed(_index, incarnation, _world.Turn));

    void IPluginInboxPort.ReportEnded(long incarnation, bool waiting) => _hub.FromPlugin(_index, hub => hub.PluginEnded(_index, incarnation, waiting));

    void IPluginInboxPort.ReportWanted() => _hub.FromPlugin(_index, hub => hub.PluginWanted(_index));

    void IPluginInboxPort.ReportDropped() => _world.Dropped++;

    private void Code(Action code)
    {
        World.Check(_code is null, "two pieces of one instance's code run at a time");
        (_code, _runningSince) = (code, null);
    }
}
