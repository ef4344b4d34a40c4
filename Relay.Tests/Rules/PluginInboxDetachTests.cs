using Relay.Abstractions;
using Relay.Core.Plugins;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>Requests that a handler has detached.</summary>
public class PluginInboxDetachTests
{
    private readonly InboxRig _rig = new();
    private readonly RecordingConnection _client = new("c1");

    public PluginInboxDetachTests() => _rig.Ready();

    [Fact]
    public void DetachingEndsTheTurnReturnsTheCreditAndKeepsTheRequestOpen()
    {
        var (chat, stream) = Detach("chat");
        Assert.Equal(1, _client.Returned.Messages);
        _rig.Inbox.HandlerEnded(chat);
        Assert.Empty(_client.Frames);
        _rig.Post(_client, "stop", "r2");
        Assert.Equal(["run stop"], _rig.Effects());
        Assert.True(stream.End("done"));
        Assert.False(stream.End("done"));
        Assert.Equal("""{"type":"a_done","request_id":"chat"}""", Assert.Single(_client.Frames));
        _rig.Deliver();
        Assert.Equal(0, _rig.Open);
        _rig.Answer();
        Assert.Equal(2, _client.Returned.Messages);
        Assert.False(_rig.Inbox.NeedsSweep);
    }

    [Fact]
    public async Task PartsComeBeforeTheEnd()
    {
        var (_, stream) = Detach("chat");
        Assert.True(await stream.WriteAsync("part", "1"u8.ToArray()));
        stream.End("done");
        Assert.False(await stream.WriteAsync("part", "2"u8.ToArray()));
        Assert.Equal(["""{"type":"a_part","request_id":"chat","data":1}""", """{"type":"a_done","request_id":"chat"}"""], _client.Frames);
    }

    [Fact]
    public async Task AWriterWaitsForRoomAndItsIdleClockStandsStillMeanwhile()
    {
        var (_, stream) = Detach("chat");
        _client.Fill();
        var write = stream.WriteAsync("part").AsTask();
        Assert.False(write.IsCompleted);
        _rig.Now += InboxRig.Limits.DetachedIdleTimeout * 3;
        _rig.Sweep();
        Assert.Empty(_rig.Effects());
        _client.Drain();
        Assert.True(await write.WaitAsync(RecordingConnection.Patience));
        Assert.Single(_client.Frames);
    }

    [Fact]
    public async Task AWriterThatWaitsForRoomIsLetGoWhenTheRequestEnds()
    {
        var (chat, stream) = Detach("chat");
        _client.Fill();
        var write = stream.WriteAsync("part").AsTask();
        _rig.Inbox.CodeCrashed(1);
        Assert.Contains("cancel chat", _rig.Effects());
        chat.Stream!.Cancel();
        Assert.False(await write.WaitAsync(RecordingConnection.Patience));
    }

    [Fact]
    public void ARequestThatShowsNoProgressEnds()
    {
        var (_, stream) = Detach("chat");
        _rig.Now += InboxRig.Limits.DetachedIdleTimeout - TimeSpan.FromTicks(1);
        _rig.Sweep();
        stream.KeepAlive();
        _rig.Now += InboxRig.Limits.DetachedIdleTimeout - TimeSpan.FromTicks(1);
        _rig.Sweep();
        Assert.Empty(_rig.Effects());
        _rig.Now += TimeSpan.FromTicks(1);
        _rig.Sweep();
        Assert.Equal(["cancel chat"], _rig.Effects());
        Assert.Contains("showed no progress for 60 s", Assert.Single(_client.Frames));
        Assert.Equal(0, _rig.Open);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AClosedConnectionEndsItsRequestsUnlessTheySurvive(bool survives)
    {
        var other = new RecordingConnection("c2");
        Detach("other", connection: other);
        var (chat, _) = Detach("chat", survives);
        _client.Drop();
        _rig.Inbox.ConnectionLeft(_client);
        Assert.Equal(survives ? [] : ["cancel chat"], _rig.Effects());
        Assert.Equal(!survives, chat.IsFinished);
        Assert.Empty(other.Frames);
    }

    [Fact]
    public void ARequestThatIsDetachedAfterItsConnectionHasGoneEndsAtOnce()
    {
        _rig.Post(_client, "chat", "r1");
        _client.Drop();
        _rig.Inbox.ConnectionLeft(_client);
        _rig.Current.Detach();
        Assert.Equal(["run chat", "cancel chat"], _rig.Effects());
        Assert.Equal(0, _rig.Open);
    }

    [Fact]
    public void ACrashEndsDetachedRequestsToo()
    {
        Detach("chat");
        _rig.Post(_client, "x", "r2");
        _rig.Effects();
        _rig.Inbox.CodeCrashed(1);
        Assert.Equal(["fence 1", "cancel chat", "crashed 1 Exception"], _rig.Effects());
        Assert.Equal(2, _client.Frames.Count(frame => frame.Contains("plugin_failed")));
        Assert.Equal(0, _rig.Open);
    }

    [Fact]
    public void EndingCancelsWhatIsDetachedAlsoWhatIsDetachedThen()
    {
        Detach("chat");
        _rig.Post(_client, "more", "r2");
        _rig.Effects();
        _rig.Inbox.End(1, _rig.Turn);
        Assert.Equal(["cancel 1", "cancel chat"], _rig.Effects());
        _rig.Current.Detach();
        Assert.Equal(["cancel more", "stop 1"], _rig.Effects());
    }

    [Fact]
    public void AnAbandonedHandlerThatDetachesLateHoldsNoPlaceAndIsCancelled()
    {
        _rig.Post(_client, "chat", "r1");
        var late = _rig.Current;
        _rig.Inbox.CodeCrashed(1);
        _rig.Inbox.Start(2);
        _rig.Inbox.InstanceReady(2);
        _rig.Effects();
        var stream = late.Detach();
        Assert.False(stream.End("done"));
        Assert.Equal(["cancel chat"], _rig.Effects());
        Assert.Equal(0, _rig.Open);
        Assert.Single(_client.Frames);
    }

    [Fact]
    public void DetachingWhatIsAnsweredHoldsNoPlace()
    {
        for (var i = 0; i < 5; i++)
        {
            _rig.Post(_client, "x", "r1");
            _rig.Current.Reply("ok");
            _rig.Current.Detach();
            _rig.Deliver();
            _rig.Inbox.HandlerEnded(_rig.Current);
        }

        Assert.Equal(0, _rig.Open);
        Assert.Equal(5, _client.Returned.Messages);
    }

    [Fact]
    public void MoreThanTheAllowedOpenRequestsAreRefused()
    {
        Detach("one");
        Detach("two");
        _rig.Post(_client, "three");
        Assert.Throws<TooManyOpenRequestsException>(() => _rig.Current.Detach());
        Assert.Equal(2, _rig.Open);
    }

    [Fact]
    public void DetachingTwiceGivesTheSameStream()
    {
        var (chat, stream) = Detach("chat");
        Assert.Same(stream, chat.Detach());
        Assert.Equal(1, _rig.Open);
    }

    private (PluginRequest Request, PluginStream Stream) Detach(string topic, bool survives = false, RecordingConnection? connection = null)
    {
        _rig.Post(connection ?? _client, topic, topic);
        var request = _rig.Current;
        var stream = request.Detach(survives);
        _rig.Effects();
        return (request, stream);
    }
}
