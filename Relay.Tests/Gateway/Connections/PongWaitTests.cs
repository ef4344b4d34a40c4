using Relay.WebSockets;

namespace Relay.Tests.Gateway.Connections;

/// <summary>What the transport's progress does to a connection's dead-peer clock: 30 s of silence, then 20 s for the pong.</summary>
public sealed class PongWaitTests
{
    private readonly ConnectionRig _rig = new();

    [Fact]
    public async Task WhoTakesBytesIsNotDeadUntilItStops()
    {
        var run = _rig.RunAsync();
        _rig.Transport.IsTaking = true;
        for (var second = 0; second <= 1000; second += 10) _rig.Sweep(second);
        Assert.Equal((1, 0), (_rig.Counters.Pings, _rig.Counters.DeadPeers));

        _rig.Transport.IsTaking = false;
        _rig.Sweep(1019);
        Assert.Equal(0, _rig.Counters.DeadPeers);
        _rig.Sweep(1020);
        Assert.Equal(1, _rig.Counters.DeadPeers);
        await run.WaitAsync(ConnectionRig.Bound);
    }

    [Fact]
    public void TheTransportIsAskedOnlyWhileAPongIsAwaited()
    {
        _ = _rig.RunAsync();
        for (var second = 0; second < 30; second++) _rig.Sweep(second);
        Assert.Equal(0, _rig.Transport.Looks);
        _rig.Sweep(30);
        _rig.Sweep(31);
        Assert.Equal(2, _rig.Transport.Looks);

        _rig.Socket.Arrive(ReadStatus.Pong, IncomingFrame.Pong([]));
        for (var second = 32; second < 60; second++) _rig.Sweep(second);
        Assert.Equal(2, _rig.Transport.Looks);
    }
}
