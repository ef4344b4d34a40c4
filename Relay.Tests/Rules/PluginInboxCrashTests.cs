using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>A plugin's inbox when plugin code throws or takes too long.</summary>
public class PluginInboxCrashTests
{
    private readonly InboxRig _rig = new();
    private readonly RecordingConnection _client = new("c1");

    [Fact]
    public void ACrashAnswersThePoisonOnceAndKeepsThoseBehindForTheNextInstance()
    {
        _rig.Ready();
        foreach (var topic in (string[])["x", "y", "z"]) _rig.Post(_client, topic, topic);
        var poison = _rig.Current;
        _rig.Effects();
        _rig.Inbox.CodeCrashed(1);
        Assert.Equal(["fence 1", "crashed 1 Exception"], _rig.Effects());
        Assert.Contains("\"error\":\"plugin_failed\"", Assert.Single(_client.Frames));
        Assert.Contains("\"request_id\":\"x\"", _client.Frames[0]);
        Assert.False(poison.Reply("late"));
        _rig.Inbox.CodeCrashed(1);
        _rig.Inbox.HandlerEnded(poison);
        Assert.Empty(_rig.Effects());
        _rig.Inbox.Start(2);
        _rig.Inbox.InstanceReady(2);
        Assert.Equal(["start 2", "started 2", "run y"], _rig.Effects());
        _rig.Answer();
        _rig.Answer();
        Assert.Equal(3, _client.Frames.Count);
        Assert.Equal(3, _client.Returned.Messages);
    }

    [Fact]
    public void ACrashOfAHandlerThatHadAnsweredSendsNothingMore()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        _rig.Current.Reply("ok");
        _rig.Inbox.CodeCrashed(1);
        Assert.Single(_client.Frames);
    }

    [Fact]
    public void ACrashInTheStartLosesNoMessage()
    {
        _rig.Inbox.Start(1);
        _rig.Post(_client, "x", "r1");
        _rig.Inbox.CodeCrashed(1);
        _rig.Inbox.InstanceReady(1);
        Assert.Equal(["start 1", "fence 1", "crashed 1 Exception"], _rig.Effects());
        Assert.Empty(_client.Frames);
        _rig.Inbox.Start(2);
        _rig.Inbox.InstanceReady(2);
        Assert.Equal(["start 2", "started 2", "run x"], _rig.Effects());
    }

    [Fact]
    public void AStartThatIsRefusedAnswersThoseThatWaitAndIsNoCrash()
    {
        _rig.Inbox.Start(1);
        _rig.Post(_client, "x", "r1");
        _rig.Inbox.StartRefused(1, "Too many.");
        Assert.Equal(["start 1", "fence 1", "ended 1"], _rig.Effects());
        Assert.Equal("""{"type":"error","error":"plugin_failed","message":"Too many.","request_id":"r1"}""", Assert.Single(_client.Frames));
        _rig.Inbox.StartRefused(1, "Too many.");
        Assert.Empty(_rig.Effects());
    }

    [Fact]
    public void AMessageThatComesBetweenTheCrashAndTheNextInstanceWaits()
    {
        _rig.Ready();
        _rig.Inbox.CodeCrashed(1);
        _rig.Post(_client, "x");
        _rig.Inbox.Start(2);
        _rig.Inbox.InstanceReady(2);
        Assert.Equal(["fence 1", "crashed 1 Exception", "wanted", "start 2", "started 2", "run x"], _rig.Effects());
    }

    [Fact]
    public void AHandlerOverItsTimeLimitIsACrashCountedFromWhenItBeganToRun()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        _rig.Effects();
        _rig.Now += InboxRig.Limits.HandlerTimeout * 2;
        _rig.Sweep();
        Assert.Empty(_rig.Effects());
        _rig.RunningSince = _rig.Now;
        _rig.Now += InboxRig.Limits.HandlerTimeout - TimeSpan.FromTicks(1);
        _rig.Sweep();
        Assert.Empty(_rig.Effects());
        Assert.True(_rig.Inbox.NeedsSweep);
        _rig.Now += TimeSpan.FromTicks(1);
        _rig.Sweep();
        Assert.Equal(["fence 1", "crashed 1 TimeLimit"], _rig.Effects());
        Assert.Contains("plugin_failed", Assert.Single(_client.Frames));
        Assert.False(_rig.Inbox.NeedsSweep);
    }

    [Fact]
    public void AStartAndALifecycleCallHaveTheSameTimeLimit()
    {
        _rig.RunningSince = _rig.Now;
        _rig.Inbox.Start(1);
        _rig.Now += InboxRig.Limits.HandlerTimeout;
        _rig.Sweep();
        Assert.Equal(["start 1", "fence 1", "crashed 1 TimeLimit"], _rig.Effects());
        _rig.Ready(2);
        _rig.RunningSince = _rig.Now;
        _rig.Inbox.Presence(true);
        _rig.Now += InboxRig.Limits.HandlerTimeout;
        _rig.Sweep();
        Assert.Equal(["resume", "fence 2", "crashed 2 TimeLimit"], _rig.Effects());
    }

    [Fact]
    public void ACrashWhileEndingIsTheEndAndNoCrash()
    {
        _rig.Ready();
        _rig.Inbox.End(1, _rig.Turn);
        _rig.Effects();
        _rig.Inbox.CodeCrashed(1);
        Assert.Equal(["fence 1", "ended 1"], _rig.Effects());
    }

    [Fact]
    public void NewsOfAnEarlierInstanceIsIgnored()
    {
        _rig.Ready();
        _rig.Inbox.CodeCrashed(1);
        _rig.Inbox.Start(2);
        _rig.Effects();
        _rig.Inbox.InstanceReady(1);
        _rig.Inbox.CodeCrashed(1);
        _rig.Inbox.PresenceHandled(1);
        _rig.Inbox.InstanceStopped(1);
        _rig.Inbox.End(1, _rig.Turn);
        _rig.Inbox.Start(1);
        Assert.Empty(_rig.Effects());
        _rig.Inbox.InstanceReady(2);
        Assert.Equal(["started 2"], _rig.Effects());
    }
}
