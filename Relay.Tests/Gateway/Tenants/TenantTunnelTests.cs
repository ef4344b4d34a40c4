using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Tunnel;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Gateway.Tunnel;
using Relay.Tests.Support;
using static Relay.Tests.Gateway.Tunnel.TunnelRig;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>Tunnels of two tenants that have different limits.</summary>
public sealed class TenantTunnelTests
{
    [Theory]
    [InlineData("max_per_user: 1", 429)]
    [InlineData("max_per_tenant: 1", 429)]
    [InlineData("require_user: true", 407)]
    public async Task ATenantIsRefusedWhatAnotherMay(string row, int status)
    {
        using var listener = Listen();
        await using var relay = await StartAsync(settings: With(row));
        foreach (var (tenant, isRefused) in new[] { ("a", true), ("b", false) })
        {
            var client = await TunnelClient.ConnectAsync(relay, $"/t/{tenant}/tunnel");
            foreach (var stream in new uint[] { 1, 2 }) await client.OpenAsync(stream, $"127.0.0.1:{listener.Port()}");
            RelayFrame second;
            do second = await client.ReceiveAsync();
            while (second.Stream != 2);
            Assert.Equal(isRefused ? TunnelFrameType.Refused : TunnelFrameType.Opened, second.Type);
            if (isRefused) Assert.Equal((ulong)status, second.Number);
        }
    }

    [Theory]
    [InlineData("user_bytes: 1000")]
    [InlineData("tenant_bytes: 1000")]
    public async Task ATenantsBytesAreUsedUpAndAnothersAreNot(string row)
    {
        using var listener = Listen();
        RelaySettings? all = null;
        await using var relay = await StartAsync(settings: settings => all = With(row)(settings));
        var (a, _) = await relay.TunnelAsync(listener, "/t/a/tunnel?user_id=alice");
        await a.SendChunkAsync(new byte[1000]);
        Assert.Equal(4413, (await a.ReceiveCloseAsync()).Code);
        var (b, target) = await relay.TunnelAsync(listener, "/t/b/tunnel?user_id=alice");
        await b.SendChunkAsync(new byte[1000]);
        await target.SendAsync("still"u8.ToArray());
        await b.ReceiveBytesAsync(5);

        // More of them is there for the next tunnel, with what was used.
        relay.Services.GetRequiredService<TenantDirectory>().Take(With(row + "000")(all!));
        var (again, _) = await relay.TunnelAsync(listener, "/t/a/tunnel?user_id=alice");
        await again.SendChunkAsync(new byte[1000]);
        relay.Services.GetRequiredService<TenantDirectory>().Take(With(row)(all!));
        var late = await TunnelClient.ConnectAsync(relay, "/t/a/tunnel?user_id=alice");
        await late.OpenAsync(1, $"127.0.0.1:{listener.Port()}");
        Assert.Equal(429UL, (await late.ReceiveAsync(TunnelFrameType.Refused, 1)).Number);
    }

    [Fact]
    public async Task ATunnelIsIdleForAsLongAsItsTenantMay()
    {
        using var listener = Listen();
        var time = new ManualTime();
        await using var relay = await StartAsync(time: time, settings: With("idle_timeout: 8s"));
        var (a, idle) = await relay.TunnelAsync(listener, "/t/a/tunnel");
        var (b, target) = await relay.TunnelAsync(listener, "/t/b/tunnel");
        time.Advance(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(4504, (await a.ReceiveCloseAsync()).Code);
        Assert.False(await idle.ReadEndAsync());
        await target.SendAsync("still"u8.ToArray());
        await b.ReceiveBytesAsync(5);
    }

    private static Func<RelaySettings, RelaySettings> With(string row) =>
        settings => settings with { Tenants = Loading.SettingsOf($"tenants: {{ a: {{ tunnel: {{ {row} }} }}, b: {{}} }}").Tenants };
}
