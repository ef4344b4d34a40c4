using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>A plugin's inbox when clients do not read, and when it is full.</summary>
public class PluginInboxRoomTests
{
    private readonly InboxRig _rig = new();
    private readonly RecordingConnection _slow = new("slow");
    private readonly RecordingConnection _quick = new("quick");

    public PluginInboxRoomTests() => _rig.Ready();

    [Fact]
    public void AClientThatDoesNotReadDelaysOnlyItself()
    {
        _slow.Fill();
        _rig.Post(_slow, "s1");
        _rig.Post(_quick, "q1");
        _rig.Post(_slow, "s2");
        _rig.Post(_quick, "q2");
        _rig.Answer();
        _rig.Answer();
        Assert.Equal(["run q1", "run q2"], _rig.Effects());
        _slow.Drain();
        _rig.Deliver();
        _rig.Answer();
        Assert.Equal(["run s1", "run s2"], _rig.Effects());
    }

    [Fact]
    public void MessagesThatComeWhileOthersAreParkedKeepTheirOrder()
    {
        _slow.Fill();
        _rig.Post(_slow, "s1");
        _slow.Drain();
        _slow.Fill();
        _rig.Post(_slow, "s2");
        _rig.Deliver();
        Assert.Empty(_rig.Effects());
        _rig.Post(_quick, "q1");
        _rig.Post(_slow, "s3");
        _slow.Drain();
        _rig.Deliver();
        for (var i = 0; i < 3; i++) _rig.Answer();
        Assert.Equal(["run q1", "run s1", "run s2", "run s3"], _rig.Effects());
    }

    [Fact]
    public void AClientThatStopsReadingAgainInTheMiddleKeepsItsOrder()
    {
        _slow.Fill();
        foreach (var topic in (string[])["s1", "s2", "s3"]) _rig.Post(_slow, topic);
        _slow.Drain();
        _rig.Deliver();
        _slow.Fill();
        _rig.Answer();
        Assert.Equal(["run s1"], _rig.Effects());
        _rig.Post(_slow, "s4");
        _slow.Drain();
        _rig.Deliver();
        _rig.Answer();
        _rig.Answer();
        Assert.Equal(["run s2", "run s3", "run s4"], _rig.Effects());
    }

    [Fact]
    public void WhatAGoneClientLeftIsHandledInItsOrder()
    {
        _slow.Fill();
        _rig.Post(_slow, "s1");
        _rig.Post(_slow, "s2");
        _slow.Drop();
        _rig.Deliver();
        _rig.Answer();
        Assert.Equal(["run s1", "run s2"], _rig.Effects());
    }

    [Fact]
    public void ParkedMessagesAreAnsweredWhenThePluginFails()
    {
        _slow.Fill();
        _rig.Post(_slow, "s1", "r1");
        _rig.Inbox.CodeCrashed(1);
        _rig.Inbox.Fail();
        Assert.Contains("plugin_failed", Assert.Single(_slow.Frames));
        _slow.Drain();
        Assert.DoesNotContain("run s1", _rig.Effects());
    }

    [Fact]
    public void AFullInboxDropsTheOldestMessageOfAGoneClient()
    {
        _rig.Post(_quick, "hangs");
        _rig.Post(_slow, "s1");
        _rig.Post(_quick, "q1");
        _rig.Post(_slow, "s2");
        _rig.Post(_quick, "q2");
        _rig.Post(_quick, "q3");
        Assert.Equal(["run hangs"], _rig.Effects());
        _slow.Drop();
        _rig.Post(_quick, "q4");
        Assert.Equal(["dropped"], _rig.Effects().Distinct());
        for (var i = 0; i < 5; i++) _rig.Answer();
        Assert.Equal(["run q1", "run q2", "run q3", "run q4"], _rig.Effects());
    }

    [Fact]
    public void TheBoundInBytesIsKeptAlsoAgainstManySmallLeftovers()
    {
        _rig.Post(_quick, "hangs");
        for (var i = 0; i < 3; i++) _rig.Inbox.Post(_slow, Messages.Of("a_s", data: $"\"{new string('x', 250)}\""));
        _slow.Drop();
        _rig.Effects();
        _rig.Inbox.Post(_quick, Messages.Of("a_q", data: $"\"{new string('x', 800)}\""));
        Assert.Equal(["dropped", "dropped", "dropped"], _rig.Effects());
        _rig.Answer();
        Assert.Equal(["run q"], _rig.Effects());
    }
}
