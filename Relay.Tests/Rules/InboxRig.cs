using Relay.Core;
using Relay.Core.Hubs;
using Relay.Core.Plugins;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>A plugin's inbox whose effects are written down and whose plugin code is the test.</summary>
internal sealed class InboxRig : IPluginInboxPort, IRequestOwner, IRoomWaiter
{
    public static readonly InboxLimits Limits = new(4, 1000, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10));

    private readonly List<string> _effects = [];
    private readonly Queue<Action> _news = new();

    public InboxRig() => Inbox = new(Limits, this, this, this);

    public PluginInbox Inbox { get; }

    public TimeSpan Now { get; set; } = TimeSpan.FromSeconds(1);

    public Turn Turn => new(Now);

    /// <summary>The message in the plugin's hands.</summary>
    public PluginRequest Current { get; private set; } = null!;

    public int Late { get; private set; }

    public int Open { get; private set; }

    public TimeSpan? RunningSince { get; set; }

    string IRequestOwner.Prefix => "a_";

    int IRequestOwner.MaxOpen => 2;

    /// <summary>Gives the inbox what requests and connections have posted, as the host does after a turn.</summary>
    public void Deliver()
    {
        while (_news.TryDequeue(out var news)) news();
    }

    /// <summary>Takes what the inbox has caused since the last call.</summary>
    public string[] Effects()
    {
        Deliver();
        string[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    public void Ready(long incarnation = 1)
    {
        Inbox.Start(incarnation);
        Inbox.InstanceReady(incarnation);
        Effects();
    }

    public void Post(RecordingConnection connection, string topic, string? requestId = null) => Inbox.Post(connection, Messages.Of("a_" + topic, requestId));

    /// <summary>The handler answers and returns.</summary>
    public void Answer()
    {
        var request = Current;
        Assert.True(request.Reply("ok"));
        Inbox.HandlerEnded(request);
    }

    public void Sweep() => Inbox.Sweep(Turn);

    void IRoomWaiter.RoomAgain(IHubConnection connection) => _news.Enqueue(() => Inbox.RoomAgain(connection));

    bool IRequestOwner.TryOpen()
    {
        if (Open == 2) return false;
        Open++;
        return true;
    }

    void IRequestOwner.Detached(PluginRequest request) => _news.Enqueue(() => Inbox.Detached(request));

    void IRequestOwner.Closed(PluginRequest request)
    {
        Open--;
        _news.Enqueue(() => Inbox.DetachedFinished(request));
    }

    void IRequestOwner.LateTerminal() => Late++;

    void IPluginInboxPort.Start(long incarnation) => _effects.Add($"start {incarnation}");

    void IPluginInboxPort.Run(PluginRequest request)
    {
        Current = request;
        _effects.Add($"run {request.Topic}");
    }

    void IPluginInboxPort.RunPresence(long incarnation, bool present) => _effects.Add(present ? "resume" : "shutdown");

    void IPluginInboxPort.Stop(long incarnation) => _effects.Add($"stop {incarnation}");

    void IPluginInboxPort.Cancel(long incarnation) => _effects.Add($"cancel {incarnation}");

    void IPluginInboxPort.Cancel(PluginRequest request) => _effects.Add($"cancel {request.Topic}");

    void IPluginInboxPort.Fence(long incarnation) => _effects.Add($"fence {incarnation}");

    void IPluginInboxPort.WantSweep()
    {
    }

    void IPluginInboxPort.ReportStarted(long incarnation) => _effects.Add($"started {incarnation}");

    void IPluginInboxPort.ReportCrashed(long incarnation, CrashCause cause) => _effects.Add($"crashed {incarnation} {cause}");

    void IPluginInboxPort.ReportEnded(long incarnation, bool waiting) => _effects.Add($"ended {incarnation}{(waiting ? ", messages wait" : "")}");

    void IPluginInboxPort.ReportWanted() => _effects.Add("wanted");

    void IPluginInboxPort.ReportDropped() => _effects.Add("dropped");
}
