using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Protocol;
using Relay.Gateway.Connections;

namespace Relay.Tests.Gateway.Connections;

/// <summary>Introductions for a peer that does not read.</summary>
public sealed class IntroductionUseTests
{
    [Fact]
    public void WhatWaitsIsBoundedInBytesAndWhatWasReplacedDoesNotCount()
    {
        var rig = new ConnectionRig(outboxBytes: 10);
        var use = new IntroductionUse(rig.Connection, maxWaitingBytes: 100, rig.Counters, new NoEvents());
        rig.Socket.IsStuck = true;
        use.Introduce("under way", new Frame(new byte[10]));
        use.Introduce("b", new Frame(new byte[200])); // alone
        use.Introduce("b", new Frame(new byte[60]));
        use.Introduce("c", new Frame(new byte[40]));
        use.Done(new Credit(1, 10));
        Assert.False(rig.Connection.IsClosed);
        Assert.Equal(1, rig.Counters.IntroductionsMerged);
        use.Introduce("d", new Frame(new byte[1]));
        Assert.Equal((CloseReason.SlowConsumer, 1), (rig.Connection.Reason, (int)rig.Counters.PushesOverflowed));
        rig.Socket.IsStuck = false;
        rig.Socket.Take();
        Assert.Equal(4408, (rig.Socket.Written[^1].Payload[0] << 8) | rig.Socket.Written[^1].Payload[1]);
        Assert.Equal(2, rig.Socket.Written.Count);
    }

    [Fact]
    public void WhatWaitedLeavesWhenThereIsRoomAndCountsNoMore()
    {
        var rig = new ConnectionRig(outboxBytes: 10);
        var use = new IntroductionUse(rig.Connection, maxWaitingBytes: 100, rig.Counters, new NoEvents());
        for (var round = 0; round < 3; round++)
        {
            rig.Socket.IsStuck = true;
            use.Introduce("under way", new Frame(new byte[10]));
            use.Introduce("b", new Frame(new byte[60]));
            use.Introduce("c", new Frame(new byte[40]));
            rig.Socket.IsStuck = false;
            rig.Socket.Take();
        }

        Assert.False(rig.Connection.IsClosed);
        Assert.Equal(9, rig.Socket.Written.Count);
    }

    private sealed class NoEvents : IRelayEvents
    {
        public void Tell(in RelayEvent happened)
        {
        }
    }
}
