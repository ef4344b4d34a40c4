using Relay.Core.Protocol;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>A plugin's inbox: order, one at a time, one terminal each, presence.</summary>
public class PluginInboxTests
{
    private readonly InboxRig _rig = new();
    private readonly RecordingConnection _client = new("c1");

    [Fact]
    public void MessagesWaitForTheStartAndAreHandledInOrderOneAtATime()
    {
        _rig.Inbox.Start(1);
        foreach (var topic in (string[])["x", "y", "z"]) _rig.Post(_client, topic);
        Assert.Equal(["start 1"], _rig.Effects());
        _rig.Inbox.InstanceReady(1);
        Assert.Equal(["started 1", "run x"], _rig.Effects());
        _rig.Answer();
        Assert.Equal(["run y"], _rig.Effects());
        _rig.Answer();
        Assert.Equal(["run z"], _rig.Effects());
        _rig.Answer();
        Assert.Empty(_rig.Effects());
    }

    [Fact]
    public void AMessageWithoutAnInstanceWaitsAndTheHubIsTold()
    {
        _rig.Post(_client, "x");
        Assert.Equal(["wanted"], _rig.Effects());
        _rig.Inbox.Start(1);
        _rig.Inbox.InstanceReady(1);
        Assert.Equal(["start 1", "started 1", "run x"], _rig.Effects());
    }

    [Fact]
    public void AnAnswerCarriesTheRequestAndReturnsTheCredit()
    {
        _rig.Ready();
        var message = Messages.Of("a_x", "r1");
        _rig.Inbox.Post(_client, message);
        Assert.Equal(Credit.None, _client.Returned);
        _rig.Answer();
        Assert.Equal("""{"type":"a_ok","request_id":"r1"}""", Assert.Single(_client.Frames));
        Assert.Equal(message.Credit, _client.Returned);
    }

    [Theory]
    [InlineData("r1", """{"type":"error","error":"no_answer","message":"The plugin finished without answering this request_id.","request_id":"r1"}""")]
    [InlineData(null, null)]
    public void AHandlerThatEndsSilentlyGivesNoAnswerToARequest(string? requestId, string? frame)
    {
        _rig.Ready();
        _rig.Post(_client, "x", requestId);
        _rig.Inbox.HandlerEnded(_rig.Current);
        Assert.Equal(frame is null ? [] : [frame], _client.Frames);
        Assert.Equal(1, _client.Returned.Messages);
    }

    [Fact]
    public void ASecondTerminalIsDroppedAndCounted()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        Assert.True(_rig.Current.Reply("ok"));
        Assert.False(_rig.Current.Reply("ok"));
        Assert.False(_rig.Current.Fail("bad", "m"));
        _rig.Inbox.HandlerEnded(_rig.Current);
        Assert.False(_rig.Current.Reply("ok"));
        Assert.Single(_client.Frames);
        Assert.Equal(3, _rig.Late);
        Assert.Equal(1, _client.Returned.Messages);
    }

    [Fact]
    public void AnAnswerThatCannotBeWrittenIsNoTerminal()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        Assert.ThrowsAny<ArgumentException>(() => _rig.Current.Reply("\ud800"));
        _rig.Inbox.CodeCrashed(1);
        Assert.Contains("plugin_failed", Assert.Single(_client.Frames));
        Assert.Equal(1, _client.Returned.Messages);
    }

    [Fact]
    public void PresenceIsToldInOrderBetweenMessages()
    {
        _rig.Inbox.Start(1);
        _rig.Inbox.Presence(true);
        _rig.Post(_client, "x");
        Assert.Equal(["start 1"], _rig.Effects());
        _rig.Inbox.InstanceReady(1);
        Assert.Equal(["started 1", "resume"], _rig.Effects());
        _rig.Inbox.Presence(false);
        _rig.Inbox.PresenceHandled(1);
        Assert.Equal(["shutdown"], _rig.Effects());
        _rig.Inbox.PresenceHandled(1);
        Assert.Equal(["run x"], _rig.Effects());
    }

    [Theory]
    [InlineData("+", "resume")]
    [InlineData("+-", "resume shutdown")]
    [InlineData("+-+", "resume")]
    [InlineData("+-+-", "resume shutdown")]
    [InlineData("-+-", "shutdown")]
    [InlineData("-+-+-+-", "shutdown")]
    public void PresenceBehindAHandlerThatHangsIsCutShortButEndsAsItIs(string news, string told)
    {
        _rig.Ready();
        _rig.Post(_client, "x");
        foreach (var sign in news) _rig.Inbox.Presence(sign == '+');
        _rig.Effects();
        _rig.Inbox.HandlerEnded(_rig.Current);
        for (var i = 0; i < news.Length; i++) _rig.Inbox.PresenceHandled(1);
        Assert.Equal(told.Split(' '), _rig.Effects());
    }

    [Fact]
    public void PresenceThatTheCrashedInstanceHasNotHeardIsToldToTheNext()
    {
        _rig.Inbox.Start(1);
        _rig.Inbox.Presence(true);
        _rig.Inbox.CodeCrashed(1);
        _rig.Inbox.Start(2);
        _rig.Inbox.InstanceReady(2);
        Assert.Equal(["start 1", "fence 1", "crashed 1 Exception", "start 2", "started 2", "resume"], _rig.Effects());
    }

    [Fact]
    public void EndingLetsTheHandlerFinishThenStopsAndTellsWhetherMessagesHaveComeSince()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        _rig.Effects();
        _rig.Inbox.End(1, _rig.Turn);
        _rig.Post(_client, "y", "r2");
        Assert.Equal(["cancel 1"], _rig.Effects());
        _rig.Answer();
        Assert.Equal(["stop 1"], _rig.Effects());
        _rig.Inbox.InstanceStopped(1);
        Assert.Equal(["fence 1", "ended 1, messages wait"], _rig.Effects());
        _rig.Inbox.Start(2);
        _rig.Inbox.InstanceReady(2);
        Assert.Equal(["start 2", "started 2", "run y"], _rig.Effects());
    }

    [Theory]
    [InlineData("r1", "outcome_unknown")]
    [InlineData(null, null)]
    public void AHandlerThatEndsSilentlyBecauseItWasToldToMayHaveDoneItsWork(string? requestId, string? outcome)
    {
        _rig.Ready();
        _rig.Post(_client, "x", requestId);
        _rig.Inbox.End(1, _rig.Turn);
        _rig.Inbox.HandlerEnded(_rig.Current);
        Assert.Equal(outcome, _client.Frames.SingleOrDefault() is { } frame ? System.Text.Json.JsonDocument.Parse(frame).RootElement.GetProperty("error").GetString() : null);
        Assert.Equal(1, _client.Returned.Messages);
    }

    [Fact]
    public void AnInstanceThatDoesNotEndIsFencedAfterTheCancelTimeout()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        _rig.Inbox.End(1, _rig.Turn);
        _rig.Now += InboxRig.Limits.CancelTimeout - TimeSpan.FromTicks(1);
        _rig.Effects();
        _rig.Sweep();
        Assert.Empty(_rig.Effects());
        _rig.Now += TimeSpan.FromTicks(1);
        _rig.Sweep();
        Assert.Equal(["fence 1", "ended 1"], _rig.Effects());
        Assert.Contains("outcome_unknown", Assert.Single(_client.Frames));
        Assert.False(_rig.Inbox.NeedsSweep);
    }

    [Fact]
    public void WhatAnEndingInstanceHasNotBegunWithIsHandedBack()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        _rig.Post(_client, "y", "r2");
        _rig.Effects();
        _rig.Inbox.End(1, _rig.Turn);
        Assert.Contains("going_away", Assert.Single(_client.Frames));
        Assert.Contains("r2", _client.Frames[0]);
        Assert.Equal(1, _client.Returned.Messages);
        _rig.Answer();
        _rig.Inbox.InstanceStopped(1);
        Assert.Equal(["cancel 1", "stop 1", "fence 1", "ended 1"], _rig.Effects());
    }

    [Fact]
    public void AnInstanceWhosePlaceIsTakenElsewhereEndsWithoutACrash()
    {
        _rig.Ready();
        _rig.Post(_client, "x", "r1");
        _rig.Post(_client, "y", "r2");
        _rig.Effects();
        _rig.Inbox.Superseded(2);
        Assert.Empty(_rig.Effects());
        _rig.Inbox.Superseded(1);
        Assert.Equal(["fence 1", "ended 1"], _rig.Effects());
        Assert.Collection(_client.Frames, frame => Assert.Matches("going_away.*r2", frame), frame => Assert.Matches("outcome_unknown.*r1", frame));
    }

    [Fact]
    public void AnEndDuringTheStartWaitsForIt()
    {
        _rig.Inbox.Start(1);
        _rig.Inbox.End(1, _rig.Turn);
        _rig.Inbox.InstanceReady(1);
        Assert.Equal(["start 1", "cancel 1", "stop 1"], _rig.Effects());
    }

    [Fact]
    public void FailingAnswersAllThatWaits()
    {
        _rig.Inbox.Start(1);
        var other = new RecordingConnection("c2");
        _rig.Post(_client, "x", "r1");
        _rig.Post(other, "y");
        _rig.Inbox.CodeCrashed(1);
        _rig.Inbox.Fail();
        Assert.Equal("""{"type":"error","error":"plugin_failed","message":"The plugin crashed on this message, or is marked failed.","request_id":"r1"}""", Assert.Single(_client.Frames));
        Assert.Single(other.Frames);
        Assert.Equal((1, 1), (_client.Returned.Messages, other.Returned.Messages));
        _rig.Inbox.Start(2);
        _rig.Inbox.InstanceReady(2);
        Assert.DoesNotContain("run x", _rig.Effects());
    }
}
