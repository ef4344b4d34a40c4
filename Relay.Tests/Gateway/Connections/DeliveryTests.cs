using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Core.Runtime;

namespace Relay.Tests.Gateway.Connections;

/// <summary>What goes to many connections at once, at one of them.</summary>
public sealed class DeliveryTests
{
    [Fact]
    public void ABatchGoesAtOnceWhenTheWayIsFreeAlsoInTheMiddleOfATurn()
    {
        var rig = new ConnectionRig();
        using (TurnScope.Enter())
        {
            rig.Connection.Deliver(Batch("one", "two"));
            Assert.Equal(["one", "two"], rig.Socket.Texts);
        }

        Assert.Equal(1, rig.Socket.Flushes);
        // With two frames' headers.
        Assert.Equal((2, 10), (rig.Counters.MessagesSent, rig.Counters.BytesSent));
    }

    [Fact]
    public void WhatComesWhileThePeerDoesNotTakeWaitsInOrder()
    {
        var rig = new ConnectionRig();
        rig.Socket.IsStuck = true;
        rig.Connection.Deliver(Batch("one"));
        rig.Connection.Deliver(Batch("two", "three"));
        rig.Connection.Push(ConnectionRig.Frame("four"));
        rig.Connection.Deliver(Batch("five"));
        Assert.Equal(["one"], rig.Socket.Texts);
        rig.Socket.IsStuck = false;
        rig.Socket.Take();
        Assert.Equal(["one", "two", "three", "four", "five"], rig.Socket.Texts);
        Assert.Equal(2, rig.Socket.Flushes);
        Assert.Equal(5, rig.Counters.MessagesSent);
    }

    [Fact]
    public void WhatWaitsForTheEndOfATurnGoesFirst()
    {
        var rig = new ConnectionRig();
        using (TurnScope.Enter())
        {
            rig.Connection.Push(ConnectionRig.Frame("welcome"));
            rig.Connection.Deliver(Batch("one"));
        }

        Assert.Equal(["welcome", "one"], rig.Socket.Texts);
    }

    [Fact]
    public void AFullOutboxClosesTheMemberAndItsUseIsLeftOnce()
    {
        var rig = new ConnectionRig(outboxBytes: 10);
        rig.Socket.IsStuck = true;
        rig.Connection.Deliver(Batch("0123456789"));
        rig.Connection.Deliver(Batch("x"));
        rig.Connection.Deliver(Batch("y"));
        Assert.Equal((CloseReason.SlowConsumer, 1, 1), (rig.Connection.Reason, rig.Link.Leaves, (int)rig.Counters.PushesOverflowed));
        rig.Socket.IsStuck = false;
        rig.Socket.Take();
        Assert.Equal(4408, (rig.Socket.Written[^1].Payload[0] << 8) | rig.Socket.Written[^1].Payload[1]);
        Assert.DoesNotContain("x", rig.Socket.Texts);
    }

    [Fact]
    public void AMemberWhoseSocketFailsIsAborted()
    {
        var rig = new ConnectionRig();
        rig.Socket.OnFlush = static () => throw new IOException("gone");
        rig.Connection.Deliver(Batch("one"));
        Assert.True(rig.Socket.IsAborted);
    }

    private static FrameBatch Batch(params string[] texts)
    {
        var batch = new FrameBatch();
        foreach (var text in texts) batch.Add(ConnectionRig.Frame(text));
        return batch;
    }
}
