using System.Net;
using System.Net.Sockets;
using Relay.Core.Tunnel;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tunnel;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Gateway.Tunnel;
using Relay.Tests.Support;
using static Relay.Tests.Gateway.Tunnel.TunnelRig;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>Tunnels of two tenants that have different times, rates and windows.</summary>
public sealed class TenantTunnelTimesTests
{
    [Fact]
    public async Task ATargetIsWaitedForAsLongAsTheTenantWants()
    {
        var time = new ManualTime();
        var resolver = new HangingResolver();
        await using var relay = await StartAsync(o => o with { Allow = Allow("*:443") }, time, With("dial_timeout: 2s"), resolver);
        var (a, b) = (await TunnelClient.ConnectAsync(relay, "/t/a/tunnel"), await TunnelClient.ConnectAsync(relay, "/t/b/tunnel"));
        await a.OpenAsync(1, "slow.test:443");
        await b.OpenAsync(1, "slow.test:443");
        await resolver.Both.Task.WaitAsync(Bound);
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(504UL, (await a.ReceiveAsync(TunnelFrameType.Refused, 1)).Number);
        // Had it been given up as well, that would be heard before another stream's refusal.
        await b.OpenAsync(2, "no target");
        Assert.Equal(400UL, (await b.ReceiveAsync(TunnelFrameType.Refused, 2)).Number);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(504UL, (await b.ReceiveAsync(TunnelFrameType.Refused, 1)).Number);
    }

    [Fact]
    public async Task ATunnelsWindowIsItsTenants()
    {
        using var listener = Listen();
        await using var relay = await StartAsync(settings: With($"window_bytes: {TunnelFrames.InitialCredit + 1000}"));
        foreach (var (tenant, credit) in new[] { ("a", 1000), ("b", new RelayTunnelOptions().WindowBytes - TunnelFrames.InitialCredit) })
        {
            var client = await TunnelClient.ConnectAsync(relay, $"/t/{tenant}/tunnel");
            await client.OpenAsync(1, $"127.0.0.1:{listener.Port()}");
            Assert.Equal((ulong)credit, (await client.ReceiveAsync(TunnelFrameType.Opened, 1)).Number);
        }
    }

    [Theory]
    [InlineData("user_bytes_per_second: 1000")]
    [InlineData("tenant_bytes_per_second: 1000")]
    public async Task ATenantIsSlowedDownAndAnotherIsNot(string row)
    {
        using var listener = Listen();
        var time = new ManualTime();
        await using var relay = await StartAsync(time: time, settings: With(row));
        var (a, slow) = await relay.TunnelAsync(listener, "/t/a/tunnel?user_id=alice");
        var (b, fast) = await relay.TunnelAsync(listener, "/t/b/tunnel?user_id=alice");
        foreach (var (client, target) in new[] { (a, slow), (b, fast) })
        {
            await client.SendChunkAsync(new byte[3000]);
            await target.ReadAsync(3000);
            await client.SendChunkAsync("more");
        }

        await fast.ReadAsync(4);
        var more = slow.ReadAsync(4);
        Assert.False(more.IsCompleted);
        while (!more.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(more, Task.Run(static () => { }));
        }

        await more;
    }

    [Fact]
    public async Task BytesAreThereAgainWhenTheTenantsPeriodIsOver()
    {
        using var listener = Listen();
        var time = new ManualTime();
        await using var relay = await StartAsync(time: time, settings: Of("{ tenant_bytes: 1000, quota_period: 10s }", "{ tenant_bytes: 1000 }"));
        foreach (var tenant in new[] { "a", "b" })
        {
            var (client, _) = await relay.TunnelAsync(listener, $"/t/{tenant}/tunnel");
            await client.SendChunkAsync(new byte[1000]);
            Assert.Equal(4413, (await client.ReceiveCloseAsync()).Code);
        }

        time.Advance(TimeSpan.FromSeconds(11));
        await relay.TunnelAsync(listener, "/t/a/tunnel");
        var late = await TunnelClient.ConnectAsync(relay, "/t/b/tunnel");
        await late.OpenAsync(1, $"127.0.0.1:{listener.Port()}");
        Assert.Equal(429UL, (await late.ReceiveAsync(TunnelFrameType.Refused, 1)).Number);
    }

    private static Func<RelaySettings, RelaySettings> With(string row) => Of($"{{ {row} }}", "{}");

    private static Func<RelaySettings, RelaySettings> Of(string a, string b) =>
        settings => settings with { Tenants = Loading.SettingsOf($"tenants: {{ a: {{ tunnel: {a} }}, b: {{ tunnel: {b} }} }}").Tenants };

    private sealed class HangingResolver : ITunnelResolver
    {
        private int _asked;

        public TaskCompletionSource Both { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
        {
            if (Interlocked.Increment(ref _asked) == 2) Both.TrySetResult();
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
            throw new SocketException((int)SocketError.HostNotFound);
        }
    }
}
