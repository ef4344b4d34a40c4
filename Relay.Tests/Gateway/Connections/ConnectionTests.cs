using System.Text;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Connections;

/// <summary>One connection, its socket worked by hand.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task WithoutCreditNothingIsTakenAndAnsweredBytesBringItBack()
    {
        var rig = new ConnectionRig(messages: 2);
        var run = rig.RunAsync();
        for (var i = 1; i <= 3; i++) rig.Say(i);
        Assert.Equal(2, rig.Link.Sent.Count);

        var third = new TaskCompletionSource();
        rig.Link.OnSend = third.SetResult;
        rig.Socket.IsStuck = true;
        rig.Connection.Answer(ConnectionRig.Frame("one"), rig.Link.Sent[0].Credit);
        Assert.Equal(2, rig.Link.Sent.Count);
        rig.Socket.Take();
        await third.Task.WaitAsync(ConnectionRig.Bound);

        rig.Connection.Return(rig.Link.Sent[1].Credit);
        rig.Socket.End();
        await run.WaitAsync(ConnectionRig.Bound);
        Assert.Equal((CloseReason.PeerGone, 1), (rig.Connection.Reason, rig.Link.Leaves));
    }

    [Fact]
    public async Task AConnectionIsNotDisposedWhileItsCloseFrameIsOnItsWay()
    {
        var rig = new ConnectionRig();
        var run = rig.RunAsync();
        rig.Socket.IsStuck = true;
        // The peer goes away in the very moment in which the close frame is being sent.
        rig.Socket.OnFlush = rig.Socket.End;
        rig.Connection.Close(ErrorCode.GoingAway);
        Assert.False(rig.Socket.IsDisposed);
        rig.Socket.Take();
        await run.WaitAsync(ConnectionRig.Bound);
        Assert.True(rig.Socket.IsDisposed);
        Assert.False(rig.Socket.WasMisused);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ATransportThatThrowsWhenItIsWrittenToIsTheEndOfItsConnectionAlone(bool toMany)
    {
        var rig = new ConnectionRig();
        var run = rig.RunAsync();
        rig.Socket.IsBroken = true;
        var batch = new FrameBatch();
        batch.Add(ConnectionRig.Frame("one"));
        if (toMany) rig.Connection.Deliver(batch);
        else rig.Connection.Push(ConnectionRig.Frame("one"));
        Assert.True(rig.Socket.IsAborted);
        await run.WaitAsync(ConnectionRig.Bound);
        Assert.Equal((CloseReason.PeerGone, 1), (rig.Connection.Reason, rig.Link.Leaves));
    }

    [Fact]
    public async Task ClosingDropsWhatWaitsAndEndsTheFrameInProgress()
    {
        var rig = new ConnectionRig();
        var run = rig.RunAsync();
        rig.Socket.IsStuck = true;
        rig.Connection.Answer(ConnectionRig.Frame("in progress"), Credit.None);
        rig.Connection.Answer(ConnectionRig.Frame("waits"), Credit.None);
        rig.Connection.Close(ErrorCode.SlowConsumer);
        rig.Connection.Answer(ConnectionRig.Frame("late"), Credit.None);
        Assert.Equal(["in progress"], rig.Socket.Texts);

        rig.Socket.IsStuck = false;
        rig.Socket.Take();
        Assert.Equal([Opcode.Text, Opcode.Text, Opcode.Close], rig.Socket.Written.Select(frame => frame.Opcode));
        Assert.Contains("slow_consumer", rig.Socket.Texts.Last());
        Assert.Equal(4408, (rig.Socket.Written[2].Payload[0] << 8) | rig.Socket.Written[2].Payload[1]);
        Assert.Equal("slow_consumer", Encoding.UTF8.GetString(rig.Socket.Written[2].Payload.AsSpan(2)));
        rig.Socket.End();
        await run.WaitAsync(ConnectionRig.Bound);
        Assert.False(rig.Socket.WasMisused);
    }

    [Fact]
    public async Task AfterTheCloseTimeoutTheSocketIsAborted()
    {
        var rig = new ConnectionRig();
        var run = rig.RunAsync();
        rig.Socket.IsStuck = true;
        rig.Connection.Answer(ConnectionRig.Frame("in progress"), Credit.None);
        rig.Connection.Close(ErrorCode.GoingAway);
        rig.Sweep(100);
        rig.Sweep(104.9);
        Assert.False(rig.Socket.IsAborted);
        rig.Sweep(105);
        Assert.True(rig.Socket.IsAborted);
        await run.WaitAsync(ConnectionRig.Bound);
        Assert.False(rig.Socket.WasMisused);
    }

    [Fact]
    public async Task AClosingConnectionDrainsItsInputWithoutCredit()
    {
        var rig = new ConnectionRig(messages: 1);
        var run = rig.RunAsync();
        for (var i = 1; i <= 5; i++) rig.Say(i);
        rig.Connection.Close(ErrorCode.TokenExpired);
        rig.Socket.Arrive(ReadStatus.Close, IncomingFrame.Close(CloseCodes.NoStatus, ""));
        await run.WaitAsync(ConnectionRig.Bound);
        Assert.Single(rig.Link.Sent);
        Assert.Equal(CloseReason.TokenExpired, rig.Connection.Reason);
        Assert.Equal((1, 1), (rig.Counters.Closed(CloseReason.TokenExpired), rig.Counters.Opened));
    }

    [Fact]
    public async Task APeersCloseIsEchoedAtOnceAndEndsTheConnection()
    {
        var rig = new ConnectionRig();
        var run = rig.RunAsync();
        rig.Socket.Arrive(ReadStatus.Close, IncomingFrame.Close(3000, "bye"));
        await run.WaitAsync(ConnectionRig.Bound);
        var (opcode, payload) = Assert.Single(rig.Socket.Written);
        Assert.Equal((Opcode.Close, 3000), (opcode, (payload[0] << 8) | payload[1]));
        Assert.Equal(CloseReason.Normal, rig.Connection.Reason);
        Assert.False(rig.Socket.IsAborted);
    }

    [Fact]
    public void OfPingsThatWaitOnlyTheLastIsAnswered()
    {
        var rig = new ConnectionRig();
        _ = rig.RunAsync();
        rig.Socket.IsStuck = true;
        rig.Connection.Answer(ConnectionRig.Frame("stuck"), Credit.None);
        for (byte i = 0; i < 200; i++) rig.Socket.Arrive(ReadStatus.Ping, IncomingFrame.Ping([i]));
        rig.Socket.IsStuck = false;
        rig.Socket.Take();
        Assert.Equal([199], Assert.Single(rig.Socket.Written, frame => frame.Opcode == Opcode.Pong).Payload);
        rig.Socket.End();
    }

    [Fact]
    public void TheClockStandsStillWhileTheSocketIsNotRead()
    {
        var rig = new ConnectionRig(messages: 1);
        _ = rig.RunAsync();
        rig.Say(1);
        for (var second = 0; second < 1000; second += 10) rig.Sweep(second);
        Assert.Equal(0, rig.Counters.Pings);
        Assert.False(rig.Connection.IsClosed);

        rig.Connection.Return(rig.Link.Sent[0].Credit);
        for (var second = 1000; second < 1050; second += 10) rig.Sweep(second);
        Assert.Equal(1, rig.Counters.Pings);
        rig.Sweep(1050);
        Assert.True(rig.Connection.IsClosed);
        Assert.Equal((CloseReason.PeerGone, 1, 1), (rig.Connection.Reason, rig.Counters.DeadPeers, rig.Link.Leaves));
    }

    [Fact]
    public void APeerThatTakesWhatWaitedForItLives()
    {
        var rig = new ConnectionRig();
        _ = rig.RunAsync();
        rig.Socket.IsStuck = true;
        for (var second = 0; second < 1000; second += 10)
        {
            if (second % 40 == 0)
            {
                if (rig.Socket.IsFlushing) rig.Socket.Take();
                rig.Connection.Answer(ConnectionRig.Frame("answer"), Credit.None);
            }

            rig.Sweep(second);
        }

        Assert.False(rig.Connection.IsClosed);
    }

    [Fact]
    public void ADrainAnswersWhatIsUnderWayAndTakesNothingMore()
    {
        var rig = new ConnectionRig(messages: 5);
        _ = rig.RunAsync();
        rig.Say(1);
        rig.Say(2);
        rig.Connection.Drain();
        rig.Say(3);
        Assert.Equal(2, rig.Link.Sent.Count);
        rig.Connection.Answer(ConnectionRig.Frame("one"), rig.Link.Sent[0].Credit);
        Assert.False(rig.Connection.IsClosed);
        rig.Connection.Answer(ConnectionRig.Frame("two"), rig.Link.Sent[1].Credit);
        Assert.Equal(["one", "two"], rig.Socket.Texts.Take(2));
        Assert.Contains("going_away", rig.Socket.Texts.Last());
        Assert.Equal(CloseReason.GoingAway, rig.Connection.Reason);
    }

    [Fact]
    public void AnIdleConnectionIsToldToGoAtOnce()
    {
        var rig = new ConnectionRig();
        _ = rig.RunAsync();
        rig.Connection.Drain();
        Assert.Equal(CloseReason.GoingAway, rig.Connection.Reason);
    }

    [Fact]
    public async Task PluginCodeThatWaitedForRoomDoesNotRunWhereItWouldHoldTheSendLoop()
    {
        var rig = new ConnectionRig(outboxBytes: 4);
        _ = rig.RunAsync();
        var code = new PluginCode();
        rig.Socket.IsStuck = true;
        rig.Connection.Answer(ConnectionRig.Frame("full"), Credit.None);
        Assert.True(rig.Connection.WhenRoom(new ConnectionRig.Waiter
        {
            OnRoom = () =>
            {
                using var opened = TurnScope.Enter();
                opened.Scope.Run(code);
                opened.Scope.Drain();
            },
        }));
        rig.Socket.IsStuck = false;
        rig.Connection.Answer(ConnectionRig.Frame("more"), Credit.None);
        PluginCode.HoldsTheSendLoop = true;
        rig.Socket.Take();
        PluginCode.HoldsTheSendLoop = false;
        Assert.False(await code.RanInTheSendLoop.WaitAsync(ConnectionRig.Bound));
        Assert.Equal(["full", "more"], rig.Socket.Texts);
        rig.Socket.End();
    }

    [Fact]
    public async Task AFaultOfTheTransportEndsTheConnectionAndNothingElse()
    {
        var rig = new ConnectionRig();
        var run = rig.RunAsync();
        rig.Socket.OnFlush = static () => throw new InvalidOperationException("a transport that breaks its promises");
        rig.Connection.Answer(ConnectionRig.Frame("one"), Credit.None);
        Assert.True(rig.Socket.IsAborted);
        await run.WaitAsync(ConnectionRig.Bound);
        Assert.True(rig.Socket.IsDisposed);
    }

    private sealed class PluginCode : UserRun
    {
        // Of the thread: its number would be another's as soon as the test awaits.
        [ThreadStatic]
        private static bool _holds;

        private readonly TaskCompletionSource<bool> _ran = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static bool HoldsTheSendLoop
        {
            set => _holds = value;
        }

        public Task<bool> RanInTheSendLoop => _ran.Task;

        internal override bool Inline => true;

        internal override UserOutcome Invoke(TurnScope scope)
        {
            _ran.SetResult(_holds);
            return default;
        }

        internal override void Report(in UserOutcome outcome)
        {
        }
    }
}
