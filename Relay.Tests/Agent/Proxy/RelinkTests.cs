using Microsoft.Extensions.Logging.Abstractions;
using Relay.Agent.Connecting;
using Relay.Agent.Proxy.Carriers;
using Relay.Core.Tunnel;

namespace Relay.Tests.Agent.Proxy;

public class RelinkTests
{
    [Fact]
    public async Task TunnelThatIsWantedWhileTheLinkEndsGetsTheNextLink()
    {
        await using var wire = new CutWire();
        await using var rig = await ProxyRig.StartAsync();
        wire.To(rig.Relay!.Port);
        var targetServer = rig.Target();
        Assert.True(TunnelTarget.TryParse($"127.0.0.1:{targetServer.Port}", out var target, out _));
        var to = new RelayTarget(RelayTarget.SocketAddress($"ws://127.0.0.1:{wire.Port}", "tunnel")!, TokenSource.None);
        var carrier = new RelayCarrier(new RelayUpgrade(to, TimeProvider.System), TimeProvider.System, new Random(1), "test", false, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = carrier.RunAsync(null, stop.Token);

        var second = new TaskCompletionSource<Task<TunnelAnswer>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = await carrier.OpenAsync(target, new Output(() => second.SetResult(carrier.OpenAsync(target, new Output(static () => { }), stop.Token))), stop.Token).WaitAsync(ProxyRig.Bound);
        Assert.Equal(200, first.Status);
        wire.Cut();

        // The link breaks its tunnels off before anybody else knows that it has ended.
        Assert.Equal(200, (await (await second.Task.WaitAsync(ProxyRig.Bound)).WaitAsync(ProxyRig.Bound)).Status);
        await stop.CancelAsync();
        await running.WaitAsync(ProxyRig.Bound);
    }

    private sealed class Output(Action broken) : ITunnelOutput
    {
        public void Write(ReadOnlySpan<byte> bytes, Action<int> passedOn) => passedOn(bytes.Length);

        public void End()
        {
        }

        public void Break() => broken();
    }
}
