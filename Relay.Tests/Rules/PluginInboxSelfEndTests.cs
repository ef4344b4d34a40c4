using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>An instance that ends itself.</summary>
public class PluginInboxSelfEndTests
{
    private readonly InboxRig _rig = new();
    private readonly RecordingConnection _client = new("c1");

    [Fact]
    public void NoTokenFiresBeforeTheHandlerIsDone()
    {
        _rig.Ready();
        _rig.Post(_client, "chat", "r0");
        _rig.Current.Detach();
        _rig.Deliver();
        _rig.Post(_client, "x", "r1");
        _rig.Post(_client, "y", "r2");
        _rig.Effects();
        _rig.Inbox.EndItself(1);
        _rig.Inbox.EndItself(1);
        Assert.Empty(_rig.Effects());
        _rig.Answer();
        Assert.Equal(["cancel 1", "cancel chat", "stop 1"], _rig.Effects());
        _rig.Inbox.InstanceStopped(1);
        Assert.Equal(["fence 1", "cancel chat", "ended 1, messages wait"], _rig.Effects());
        _rig.Inbox.Start(2);
        _rig.Inbox.InstanceReady(2);
        Assert.Equal(["start 2", "started 2", "run y"], _rig.Effects());
    }

    [Fact]
    public void TheHubsEndCancelsAnInstanceThatIsAboutToEndItself()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        _rig.Effects();
        _rig.Inbox.EndItself(1);
        _rig.Inbox.End(1, _rig.Turn);
        Assert.Equal(["cancel 1"], _rig.Effects());
        _rig.Answer();
        Assert.Equal(["stop 1"], _rig.Effects());
    }

    [Fact]
    public void TheHandlersTimeLimitHoldsAfterTheCall()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        _rig.RunningSince = _rig.Now;
        _rig.Inbox.EndItself(1);
        _rig.Effects();
        Assert.True(_rig.Inbox.NeedsSweep);
        _rig.Now += InboxRig.Limits.HandlerTimeout;
        _rig.Sweep();
        Assert.Equal(["fence 1", "crashed 1 TimeLimit"], _rig.Effects());
    }

    [Fact]
    public void AnInstanceThatHangsInStopIsFencedTheCancelTimeoutAfterTheNextSweep()
    {
        _rig.Ready();
        _rig.Inbox.EndItself(1);
        Assert.Equal(["cancel 1", "stop 1"], _rig.Effects());
        Assert.True(_rig.Inbox.NeedsSweep);
        _rig.Sweep();
        _rig.Now += InboxRig.Limits.CancelTimeout - TimeSpan.FromTicks(1);
        _rig.Sweep();
        Assert.Empty(_rig.Effects());
        _rig.Now += TimeSpan.FromTicks(1);
        _rig.Sweep();
        Assert.Equal(["fence 1", "ended 1"], _rig.Effects());
    }

    [Fact]
    public void AnInstanceThatEndsItselfInItsStartTakesNoMessage()
    {
        _rig.Inbox.Start(1);
        _rig.Post(_client, "x", "r1");
        _rig.Inbox.EndItself(1);
        _rig.Inbox.InstanceReady(1);
        Assert.Equal(["start 1", "cancel 1", "stop 1"], _rig.Effects());
        _rig.Inbox.InstanceStopped(1);
        Assert.Equal(["fence 1", "ended 1, messages wait"], _rig.Effects());
    }
}
