using Microsoft.Extensions.Logging.Abstractions;
using Relay.Core.Errors;
using Relay.Core.Limits;
using Relay.Core.Protocol;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Tunnel;
using Relay.Tests.Contract;
using Relay.Tests.Rules;
using Relay.Tests.Support;

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

    [Fact]
    public async Task ADetachedRequestThatNeverEndsDelaysTheEndForHalfOfTheTime()
    {
        var settings = new RelaySettings();
        var time = new ManualTime();
        using var registry = new ConnectionRegistry(time, TimeSpan.FromHours(1));
        using var probe = new Probe();
        using var host = new InProcessHost(WatchdogTests.Options, [typeof(TestPlugin)], probe);
        var rig = new ConnectionRig();
        _ = rig.RunAsync();
        Detach(rig);
        registry.Add(rig.Connection);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Socket.OnFlush = () => closed.TrySetResult();
        using var limits = new LimitTable(time, SubjectLimits.None, _ => settings.Limits);
        using var tunnels = new TunnelRegistry(time, TimeSpan.FromHours(1), new(settings.Tunnel, limits));
        var stopped = new DrainService(settings, registry, tunnels, host.Runtime, time, NullLogger<DrainService>.Instance).StoppingAsync(CancellationToken.None);
        time.Advance((settings.Server.DrainTimeout / 2) - TimeSpan.FromTicks(1));
        Assert.False(rig.Connection.IsClosed);
        time.Advance(TimeSpan.FromTicks(1));
        await closed.Task.WaitAsync(ConnectionRig.Bound);
        Assert.Equal(CloseReason.GoingAway, rig.Connection.Reason);
        registry.Remove(rig.Connection, rig.Transport);
        await stopped.WaitAsync(ConnectionRig.Bound);
    }

    // As a handler does it that detaches its message: counted first, then the credit comes back.
    private static void Detach(ConnectionRig rig)
    {
        rig.Say(1);
        rig.Connection.KeepOpen(1);
        rig.Connection.Return(rig.Link.Sent[0].Credit);
    }
}
