using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Tests.Gateway.Connections;

/// <summary>A graceful stop and requests that go on after their credit was given back.</summary>
public sealed class DrainTests
{
    [Fact]
    public void ADrainWaitsForADetachedRequestAndForItsEndToLeave()
    {
        var rig = new ConnectionRig();
        _ = rig.RunAsync();
        Detach(rig);
        rig.Connection.Drain();
        rig.Connection.Answer(ConnectionRig.Frame("part"), Credit.None);
        Assert.False(rig.Connection.IsClosed);
        rig.Socket.IsStuck = true;
        rig.Connection.Answer(ConnectionRig.Frame("part"), Credit.None);
        rig.Connection.Answer(ConnectionRig.Frame("done"), Credit.None);
        rig.Connection.KeepOpen(-1);
        Assert.False(rig.Connection.IsClosed);
        rig.Socket.IsStuck = false;
        rig.Socket.Take();
        Assert.Equal(["part", "part", "done"], rig.Socket.Texts.Take(3));
        Assert.Contains("going_away", rig.Socket.Texts.Last());
        var close = rig.Socket.Written[^1].Payload;
        Assert.Equal((CloseReason.GoingAway, 1001), (rig.Connection.Reason, (close[0] << 8) | close[1]));
    }

    // As a handler does it that detaches its message: counted first, then the credit comes back.
    internal static void Detach(ConnectionRig rig)
    {
        rig.Say(1);
        rig.Connection.KeepOpen(1);
        rig.Connection.Return(rig.Link.Sent[0].Credit);
    }
}
