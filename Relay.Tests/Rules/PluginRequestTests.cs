using Relay.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>A detached request's stream, its terminal, and what the connection counts.</summary>
public class PluginRequestTests
{
    private readonly InboxRig _rig = new();
    private readonly RecordingConnection _client = new("c1");

    public PluginRequestTests() => _rig.Ready();

    [Fact]
    public void ADetachedRequestKeepsItsConnectionOpenUntilItsTerminalAndOnce()
    {
        _rig.Post(_client, "chat", "r1");
        var stream = _rig.Current.Detach();
        Assert.Equal((1, 0), (_client.KeptOpen, _client.Returned.Messages));
        _rig.Deliver();
        Assert.Equal((1, 1), (_client.KeptOpen, _client.Returned.Messages));
        stream.End("done");
        stream.End("done");
        _rig.Inbox.CodeCrashed(1);
        _rig.Deliver();
        Assert.Equal(0, _client.KeptOpen);
    }

    [Fact]
    public void ARequestThatHadItsTerminalWhenItWasDetachedKeepsNothingOpen()
    {
        _rig.Post(_client, "chat", "r1");
        _rig.Current.Reply("ok");
        _rig.Current.Detach();
        _rig.Deliver();
        Assert.Equal(0, _client.KeptOpen);
    }

    [Fact]
    public async Task ATerminalThatMeetsAPartOnItsWayComesBehindIt()
    {
        var meddler = new MeddledConnection(_client);
        _rig.Inbox.Post(meddler, Messages.Of("a_chat", "r1"));
        var request = _rig.Current;
        var stream = request.Detach();
        _rig.Deliver();
        meddler.OnAnswer = () =>
        {
            Assert.True(request.Fail("stopped", "m"));
            Assert.False(request.Reply("again"));
            Assert.True(request.IsFinished);
        };
        Assert.True(await stream.WriteAsync("part"));
        Assert.False(await stream.WriteAsync("part"));
        Assert.Equal(2, _client.Frames.Count);
        Assert.Contains("a_part", _client.Frames[0]);
        Assert.Contains("a_stopped", _client.Frames[1]);
        Assert.Equal((0, 0, 1), (_client.KeptOpen, _rig.Open, _rig.Late));
    }

    [Fact]
    public async Task NoPartFollowsTheTerminalWhoeverEndsTheRequest()
    {
        using var together = new Barrier(2);
        for (var i = 0; i < 500; i++)
        {
            var client = new RecordingConnection("c1");
            _rig.Post(client, "chat", "r1");
            var request = _rig.Current;
            var stream = request.Detach();
            _rig.Deliver();
            var writer = Task.Factory.StartNew(() => WriteAll(together, stream), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            together.SignalAndWait(RecordingConnection.Patience);
            Assert.True(request.Fail("stopped", "m"));
            await writer.WaitAsync(RecordingConnection.Patience);
            Assert.Contains("a_stopped", client.Frames[^1]);
            Assert.Equal(0, client.KeptOpen);
            _rig.Deliver();
        }
    }

    private static void WriteAll(Barrier together, PluginStream stream)
    {
        together.SignalAndWait(RecordingConnection.Patience);
        while (stream.WriteAsync("part").AsTask().GetAwaiter().GetResult())
        {
        }
    }

    // Something happens in the middle of the first answer's sending.
    private sealed class MeddledConnection(RecordingConnection inner) : IHubConnection
    {
        public Action? OnAnswer { get; set; }

        public string Id => inner.Id;

        public UserIdentity Identity => inner.Identity;

        public bool IsClosed => inner.IsClosed;

        public bool HasRoom => inner.HasRoom;

        public void Answer(Frame frame, Credit credit)
        {
            var meddle = OnAnswer;
            OnAnswer = null;
            meddle?.Invoke();
            inner.Answer(frame, credit);
        }

        public void Push(Frame frame) => inner.Push(frame);

        public void Return(Credit credit) => inner.Return(credit);

        public void KeepOpen(int by) => inner.KeepOpen(by);

        public void Close(ErrorCode error) => inner.Close(error);

        public bool WhenRoom(IRoomWaiter waiter) => inner.WhenRoom(waiter);
    }
}
