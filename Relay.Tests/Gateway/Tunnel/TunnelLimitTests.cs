using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Errors;
using Relay.Core.Tunnel;
using Relay.Gateway.Tunnel;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;
using static Relay.Tests.Gateway.Tunnel.TunnelRig;

namespace Relay.Tests.Gateway.Tunnel;

public sealed class TunnelLimitTests
{
    [Fact]
    public async Task AUserHasItsTunnelsAndNoMore()
    {
        using var listener = Listen();
        await using var relay = await StartAsync(o => o with { MaxPerUser = 2, MaxPerTenant = 3 });
        var target = $"127.0.0.1:{listener.Port()}";
        var alice = await TunnelClient.ConnectAsync(relay, "/tunnel?user_id=alice");
        foreach (var stream in new uint[] { 1, 2 }) await alice.OpenAsync(stream, target);
        await alice.ReceiveAsync(TunnelFrameType.Opened);
        await alice.ReceiveAsync(TunnelFrameType.Opened);
        await alice.OpenAsync(3, target);
        var refused = await alice.ReceiveAsync(TunnelFrameType.Refused, 3);
        Assert.Equal((429UL, "The user has 2 tunnels, the most that tunnel.max_per_user allows."), (refused.Number, refused.Text));

        // Another user, by the other protocol: first within the tenant's limit, then not.
        var (bob, _) = await relay.TunnelAsync(listener, "/tunnel?user_id=bob");
        var carol = await relay.ConnectAsync("/tunnel?user_id=carol");
        await carol.SendChunkAsync(Connect(listener.Port()));
        Assert.StartsWith("HTTP/1.1 429 ", await carol.ReceiveReplyAsync());

        // A tunnel that ends gives its place back.
        await alice.SendAsync(TunnelFrameType.Reset, 1, 0);
        await alice.OpenAsync(4, target);
        await alice.ReceiveAsync(TunnelFrameType.Opened, 4);
    }

    [Fact]
    public async Task WhoMustSayItsNameIsAskedForIt()
    {
        using var listener = Listen();
        await using var relay = await StartAsync(o => o with { RequireUser = true });
        var nobody = await relay.ConnectAsync("/tunnel");
        await nobody.SendChunkAsync(Connect(listener.Port()));
        var reply = await nobody.ReceiveReplyAsync();
        Assert.StartsWith("HTTP/1.1 407 ", reply);
        Assert.Contains("Proxy-Authenticate: Basic", reply);

        var named = await relay.ConnectAsync("/tunnel");
        await named.SendChunkAsync(Connect(listener.Port())[..^2] + "Proxy-Authorization: Basic YWxpY2U6\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await named.ReceiveReplyAsync());

        var many = await TunnelClient.ConnectAsync(relay);
        await many.OpenAsync(1, $"127.0.0.1:{listener.Port()}");
        Assert.Equal(407UL, (await many.ReceiveAsync(TunnelFrameType.Refused, 1)).Number);
    }

    [Fact]
    [Provokes(CloseReason.TunnelQuota)]
    public async Task WhoHasHadItsBytesIsBrokenOff()
    {
        using var listener = Listen();
        await using var relay = await StartAsync(o => o with { UserBytes = 100_000 });
        var (chunks, target) = await relay.TunnelAsync(listener, "/tunnel?user_id=alice");
        await chunks.SendChunkAsync(new byte[100_000]);
        Assert.Equal(4413, (await chunks.ReceiveCloseAsync()).Code);
        Assert.False(await ReadToEndAsync(target));

        var more = await TunnelClient.ConnectAsync(relay, "/tunnel?user_id=alice");
        await more.OpenAsync(1, $"127.0.0.1:{listener.Port()}");
        Assert.Equal(429UL, (await more.ReceiveAsync(TunnelFrameType.Refused, 1)).Number);

        var bob = await TunnelClient.ConnectAsync(relay, "/tunnel?user_id=bob");
        await bob.OpenAsync(1, $"127.0.0.1:{listener.Port()}", credit: 200_000);
        await bob.ReceiveAsync(TunnelFrameType.Opened, 1);
        var down = await listener.AcceptSocketAsync().WaitAsync(Bound);
        await down.SendAsync(new byte[150_000]);
        RelayFrame frame;
        do frame = await bob.ReceiveAsync();
        while (frame.Type == TunnelFrameType.Data);
        Assert.Equal((TunnelFrameType.Reset, (ulong)TunnelReset.Quota), (frame.Type, frame.Number));
    }

    [Fact]
    [Provokes(CloseReason.TunnelIdle)]
    public async Task ATunnelThroughWhichNothingComesIsBrokenOff()
    {
        using var listener = Listen();
        var time = new ManualTime();
        await using var relay = await StartAsync(o => o with { IdleTimeout = TimeSpan.FromSeconds(8) }, time);
        var (chunks, target) = await relay.TunnelAsync(listener);
        var many = await TunnelClient.ConnectAsync(relay);
        await many.OpenAsync(1, $"127.0.0.1:{listener.Port()}");
        await many.ReceiveAsync(TunnelFrameType.Opened, 1);
        time.Advance(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(4504, (await chunks.ReceiveCloseAsync()).Code);
        Assert.Equal((ulong)TunnelReset.Idle, (await many.ReceiveAsync(TunnelFrameType.Reset, 1)).Number);
        Assert.False(await target.ReadEndAsync());
    }

    [Fact]
    public async Task ARelayThatStopsRefusesNewTunnelsAndLetsTheOthersEnd()
    {
        using var listener = Listen();
        await using var relay = await StartAsync();
        var (chunks, target) = await relay.TunnelAsync(listener);
        var many = await TunnelClient.ConnectAsync(relay);
        await many.OpenAsync(1, $"127.0.0.1:{listener.Port()}");
        await many.ReceiveAsync(TunnelFrameType.Opened, 1);
        using var second = await listener.AcceptSocketAsync().WaitAsync(Bound);
        var idle = await TunnelClient.ConnectAsync(relay);

        var drained = relay.Services.GetRequiredService<TunnelRegistry>().BeginDrain();
        foreach (var socket in relay.Services.GetRequiredService<TunnelRegistry>().All) socket.Drain();
        Assert.Equal(1001, (await idle.Socket.ReceiveCloseAsync()).Code);
        await idle.Socket.DisposeAsync();
        await many.OpenAsync(2, $"127.0.0.1:{listener.Port()}");
        Assert.Equal(503UL, (await many.ReceiveAsync(TunnelFrameType.Refused, 2)).Number);
        await second.SendAsync("still"u8.ToArray());
        await many.ReceiveDataAsync(1, 5);
        Assert.False(drained.IsCompleted);

        relay.Services.GetRequiredService<TunnelRegistry>().CloseAll();
        Assert.Equal((ulong)TunnelReset.GoingAway, (await many.ReceiveAsync(TunnelFrameType.Reset, 1)).Number);
        Assert.Equal(1001, (await many.Socket.ReceiveCloseAsync()).Code);
        Assert.Equal(1001, (await chunks.ReceiveCloseAsync()).Code);
        Assert.False(await target.ReadEndAsync());
        await chunks.DisposeAsync();
        await many.Socket.DisposeAsync();
        await drained.WaitAsync(Bound);
    }

    [Fact]
    public async Task AThousandTunnelsShareASocketAndOneOfThemIsStalled()
    {
        const int Count = 1000;
        using var listener = Listen();
        await using var relay = await StartAsync();
        var client = await TunnelClient.ConnectAsync(relay);
        var targets = new List<Socket>();
        var accepting = Task.Run(async () =>
        {
            while (targets.Count < Count) targets.Add(await listener.AcceptSocketAsync().WaitAsync(Bound));
        });
        for (var stream = 1U; stream <= Count; stream++) await client.OpenAsync(stream, $"127.0.0.1:{listener.Port()}");
        for (var opened = 0; opened < Count; opened++) await client.ReceiveAsync(TunnelFrameType.Opened);
        await accepting;

        // The first is sent all it takes and is not read; every other echoes.
        await client.SendAsync(TunnelFrameType.Data, 1, new byte[200_000]);
        for (var stream = 2U; stream <= Count; stream++) await client.SendAsync(TunnelFrameType.Data, stream, BitConverter.GetBytes(stream));
        var echoes = targets.Select(async target =>
        {
            var bytes = await target.ReadAsync(4);
            if (BitConverter.ToUInt32(bytes) != 0) await target.SendAsync(bytes);
        }).ToArray();
        var seen = new HashSet<uint>();
        while (seen.Count < Count - 1)
        {
            var frame = await client.ReceiveAsync();
            if (frame.Type == TunnelFrameType.Credit) continue;
            Assert.Equal((TunnelFrameType.Data, frame.Stream), (frame.Type, BitConverter.ToUInt32(frame.Data)));
            Assert.True(seen.Add(frame.Stream));
        }

        await Task.WhenAll(echoes);
        foreach (var target in targets) target.Dispose();
    }

    private static async Task<bool> ReadToEndAsync(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[65536], SocketFlags.None).WaitAsync(Bound) > 0) { }
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
