using Relay.Core.Protocol;
using Relay.Gateway.Connections;

namespace Relay.Tests.Gateway.Connections;

public sealed class OutboxTests
{
    private readonly Outbox _outbox = new(limit: 10 + Outbox.ItemBytes);
    private readonly ConnectionRig _rig = new();

    [Fact]
    public void FramesLeaveInTheirOrderWithTheirCredit()
    {
        for (var i = 1; i <= 5; i++) _outbox.Add(new Frame(new byte[i]), new Credit(1, i));
        for (var i = 1; i <= 5; i++)
        {
            Assert.True(_outbox.TryTake(out var frame, out var credit));
            Assert.Equal((i, new Credit(1, i)), (frame.Length, credit));
        }

        Assert.False(_outbox.TryTake(out _, out _));
        Assert.True(_outbox.IsEmpty);
    }

    [Fact]
    public void EachPostersOrderIsKeptWhileTheLoopTakes()
    {
        const int each = 20_000;
        var posters = Enumerable.Range(0, 3).Select(poster => Task.Run(() =>
        {
            for (var i = 0; i < each; i++) _outbox.Add(new Frame([(byte)poster, (byte)(i >> 8), (byte)i]), Credit.None);
        })).ToArray();
        var next = new int[3];
        var all = Task.WhenAll(posters);
        for (var taken = 0; taken < 3 * each;)
        {
            if (!_outbox.TryTake(out var frame, out _))
            {
                Assert.False(all.IsFaulted);
                continue;
            }

            taken++;
            Assert.Equal(next[frame.Bytes[0]]++, (frame.Bytes[1] << 8) | frame.Bytes[2]);
        }
    }

    [Fact]
    public void BytesCountUntilTheyHaveLeft()
    {
        _outbox.Add(new Frame(new byte[10]), Credit.None);
        Assert.False(_outbox.HasRoom);
        Assert.True(_outbox.TryTake(out _, out _));
        Assert.False(_outbox.HasRoom);
        _outbox.Left(10 + Outbox.ItemBytes, _rig.Connection);
        Assert.True(_outbox.HasRoom);
        Assert.Equal(0, _outbox.Bytes);
    }

    [Fact]
    public void AFrameLargerThanTheOutboxPassesWhenNothingElseWaits()
    {
        Assert.False(_outbox.WouldOverflow(1000));
        _outbox.Add(new Frame(new byte[4]), Credit.None);
        Assert.True(_outbox.WouldOverflow(1000));
    }

    [Fact]
    public void EachFrameCountsMoreThanItsBytes()
    {
        var outbox = new Outbox(limit: 10 + (2 * Outbox.ItemBytes));
        outbox.Add(new Frame(new byte[4]), Credit.None);
        Assert.False(outbox.WouldOverflow(6));
        Assert.True(outbox.WouldOverflow(7));
        outbox.Add(new Frame([]), Credit.None);
        Assert.True(outbox.HasRoom);
        outbox.Add(new Frame([]), Credit.None);
        Assert.False(outbox.HasRoom);
        Assert.Equal(4 + (3 * Outbox.ItemBytes), outbox.Bytes);
    }

    [Fact]
    public void WhoWaitsForRoomIsToldOnce()
    {
        var waiter = new ConnectionRig.Waiter();
        Assert.False(_outbox.WhenRoom(waiter));
        _outbox.Add(new Frame(new byte[12]), Credit.None);
        Assert.True(_outbox.WhenRoom(waiter));
        Assert.True(_outbox.WhenRoom(waiter));
        _outbox.Left(1, _rig.Connection);
        Assert.Equal(0, waiter.Told);
        _outbox.Left(2, _rig.Connection);
        _outbox.Left(9, _rig.Connection);
        Assert.Equal(1, waiter.Told);
    }

    [Fact]
    public void ClosingLetsEverybodyGoAndNobodyWaitAgain()
    {
        var waiter = new ConnectionRig.Waiter();
        _outbox.Add(new Frame(new byte[12]), Credit.None);
        Assert.True(_outbox.WhenRoom(waiter));
        _outbox.Close(_rig.Connection);
        Assert.Equal(1, waiter.Told);
        Assert.True(_outbox.HasRoom);
        Assert.False(_outbox.WhenRoom(waiter));
    }

    [Fact]
    public async Task NoWakeUpIsLostBetweenLookingForRoomAndWaiting()
    {
        for (var round = 0; round < 10_000; round++)
        {
            var told = new TaskCompletionSource();
            var waiter = new ConnectionRig.Waiter { OnRoom = told.SetResult };
            _outbox.Add(new Frame(new byte[10]), Credit.None);
            Assert.True(_outbox.TryTake(out _, out _));
            var leaves = Task.Run(() => _outbox.Left(10 + Outbox.ItemBytes, _rig.Connection));
            if (_outbox.WhenRoom(waiter)) await told.Task.WaitAsync(ConnectionRig.Bound);
            await leaves;
        }
    }
}
