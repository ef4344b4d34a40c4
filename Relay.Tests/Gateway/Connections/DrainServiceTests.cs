using Microsoft.AspNetCore.Http;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Connections;

/// <summary>A stop tells clients to go in slots, waits for what is under way, and ends in time.</summary>
public sealed class DrainServiceTests
{
    private static readonly TimeSpan Slot = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task ClientsAreToldInSlotsOfTheSameSize()
    {
        using var rig = new DrainRig(TimeSpan.FromSeconds(2));
        var clients = Enumerable.Range(0, 200).Select(_ => rig.Connect()).ToList();
        var stopped = rig.StopAsync();
        Assert.False(rig.IsReady);
        for (var slot = 0; slot < 10; slot++)
        {
            await rig.ClosedAsync(20);
            Assert.Equal(20 * (slot + 1), clients.Count(static client => client.Connection.IsClosed));
            Assert.Equal((20 * (slot + 1), 180 - (20 * slot)), ((int)rig.Progress.Of(DrainStep.Told), Waiting(rig)));
            if (slot == 9) break;
            rig.Time.Advance(Slot - TimeSpan.FromTicks(1));
            Assert.Equal(20 * (slot + 1), clients.Count(static client => client.Connection.IsClosed));
            rig.Time.Advance(TimeSpan.FromTicks(1));
        }

        await stopped.WaitAsync(ConnectionRig.Bound);
        Assert.All(clients, static client => Assert.Equal(CloseReason.GoingAway, client.Connection.Reason));
        Assert.Contains("relay_draining 1\n", await rig.MetricsAsync());
        Assert.Contains("relay_drain_sockets_total{step=\"cut\"} 0\n", await rig.MetricsAsync());
    }

    [Fact]
    public async Task AClientIsServedUntilItsSlotComes()
    {
        using var rig = new DrainRig();
        var clients = Enumerable.Range(0, 11).Select(_ => rig.Connect()).ToList();
        var stopped = rig.StopAsync();
        await rig.ClosedAsync(5);
        var later = clients.Where(static client => !client.Connection.IsClosed).ToList();
        Assert.Equal(6, later.Count);
        later[0].Say(1);
        Assert.Single(later[0].Link.Sent);
        rig.Time.Advance(Slot);
        await rig.ClosedAsync(5);
        Assert.False(later[0].Connection.IsClosed);
        later[0].Connection.Return(later[0].Link.Sent[0].Credit);
        await rig.ClosedAsync(1);
        await stopped.WaitAsync(ConnectionRig.Bound);
    }

    [Fact]
    public async Task NodesAreToldBeforeAllOthers()
    {
        using var rig = new DrainRig();
        var (clients, nodes) = (new List<ConnectionRig>(), new List<ConnectionRig>());
        for (var i = 0; i < 15; i++)
        {
            clients.Add(rig.Connect());
            nodes.Add(rig.Connect(SocketUse.Node));
        }

        var stopped = rig.StopAsync();
        foreach (var (toldNodes, toldClients) in ((int, int)[])[(10, 0), (15, 5), (15, 15)])
        {
            await rig.ClosedAsync(10);
            Assert.Equal((toldNodes, toldClients), (nodes.Count(static node => node.Connection.IsClosed), clients.Count(static client => client.Connection.IsClosed)));
            rig.Time.Advance(Slot);
        }

        await stopped.WaitAsync(ConnectionRig.Bound);
    }

    [Fact]
    public async Task AFewClientsAreToldAtOnce()
    {
        using var rig = new DrainRig();
        for (var i = 0; i < 10; i++) rig.Connect();
        var stopped = rig.StopAsync();
        await rig.ClosedAsync(10);
        await stopped.WaitAsync(ConnectionRig.Bound);
    }

    [Fact]
    public async Task ARequestThatNeverEndsDelaysTheEndForFiveEighthsOfTheTime()
    {
        using var rig = new DrainRig();
        var client = rig.Connect();
        DrainTests.Detach(client);
        var stopped = rig.StopAsync();
        rig.Time.Advance((rig.Timeout * 5 / 8) - TimeSpan.FromTicks(1));
        Assert.False(client.Connection.IsClosed);
        rig.Time.Advance(TimeSpan.FromTicks(1));
        await rig.ClosedAsync(1);
        Assert.Equal(CloseReason.GoingAway, client.Connection.Reason);
        await stopped.WaitAsync(ConnectionRig.Bound);
        Assert.Equal((1, 0), (rig.Progress.Of(DrainStep.Cut), rig.Progress.Of(DrainStep.Aborted)));
    }

    [Fact]
    public async Task ASecondSignalHurries()
    {
        using var rig = new DrainRig();
        using var signal = new CancellationTokenSource();
        for (var i = 0; i < 500; i++) rig.Connect();
        DrainTests.Detach(rig.Connect());
        var stopped = rig.StopAsync(signal.Token);
        signal.Cancel();
        await rig.ClosedAsync(501);
        await stopped.WaitAsync(ConnectionRig.Bound);
        Assert.Equal(501, rig.Progress.Of(DrainStep.Told));
    }

    [Fact]
    public async Task AStopWaitsForARequestThatIsBeingAnswered()
    {
        using var rig = new DrainRig();
        var answer = new TaskCompletionSource();
        var request = rig.Requests.InvokeAsync(new DefaultHttpContext(), _ => answer.Task);
        var stopped = rig.StopAsync();
        var late = new DefaultHttpContext();
        await rig.Requests.InvokeAsync(late, static _ => Task.CompletedTask);
        Assert.Equal("close", late.Response.Headers.Connection);
        Assert.False(stopped.IsCompleted);
        answer.SetResult();
        await request;
        await stopped.WaitAsync(ConnectionRig.Bound);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 1)]
    [InlineData(11, 2)]
    [InlineData(500, 50)]
    [InlineData(5000, 50)]
    [InlineData(1_000_000, 50)]
    public void SlotsShareWhatIsThere(int sockets, int slots)
    {
        var plan = DrainPlan.For(sockets, TimeSpan.FromSeconds(10));
        Assert.Equal(slots, plan.Slots);
        Assert.True(plan.At(plan.Slots - 1) < TimeSpan.FromSeconds(5));
        var sizes = Enumerable.Range(0, slots).Select(slot => plan.Of(slot, sockets).GetOffsetAndLength(sockets).Length).ToList();
        Assert.Equal(sockets, sizes.Sum());
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
    }

    [Fact]
    public void AVeryShortStopHasOneSlot() => Assert.Equal(1, DrainPlan.For(1000, TimeSpan.FromMilliseconds(10)).Slots);

    private static int Waiting(DrainRig rig) => (int)rig.Progress.Waiting;
}
