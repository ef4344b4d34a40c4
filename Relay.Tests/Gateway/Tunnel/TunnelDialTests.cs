using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Relay.Core.Tunnel;
using Relay.Gateway.Tunnel;
using Relay.Tests.Support;
using static Relay.Tests.Gateway.Tunnel.TunnelRig;

namespace Relay.Tests.Gateway.Tunnel;

/// <summary>Names, policies and time limits, over real sockets.</summary>
public sealed class TunnelDialTests
{
    [Fact]
    public async Task ANameThatChangesItsAddressNeverLeadsToTheForbiddenOne()
    {
        using var allowed = Listen();
        using var forbidden = new TcpListener(IPAddress.Parse("127.0.0.2"), allowed.Port());
        forbidden.Start();
        var resolver = new Resolver(["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["169.254.169.254", "::ffff:127.0.0.2", "127.0.0.1"]);
        await using var relay = await StartAsync(o => o with { Allow = Allow("rebind.test:*", "127.0.0.1:*") }, resolver: resolver);
        foreach (var status in new[] { 200, 403, 200, 200 })
        {
            var client = await relay.ConnectAsync("/tunnel");
            await client.SendChunkAsync($"CONNECT rebind.test:{allowed.Port()} HTTP/1.1\r\n\r\n");
            var reply = await client.ReceiveReplyAsync();
            Assert.StartsWith($"HTTP/1.1 {status} ", reply);
            if (status == 403) Assert.Contains("127.0.0.2 is loopback, and no rule of tunnel.allow names it.", reply);
            else (await allowed.AcceptSocketAsync().WaitAsync(Bound)).Dispose();
        }

        // One look-up for each tunnel, and nobody came to the other.
        Assert.Equal(4, resolver.Asked.Count);
        Assert.False(forbidden.Pending());
    }

    [Fact]
    public async Task ANameThatNoRuleAllowsIsNotLookedUp()
    {
        var resolver = new Resolver();
        await using var relay = await StartAsync(o => o with { Allow = Allow("*.allowed.test:443") }, resolver: resolver);
        var client = await TunnelClient.ConnectAsync(relay);
        await client.OpenAsync(1, "secret.evil.test:443");
        Assert.Equal(403UL, (await client.ReceiveAsync(TunnelFrameType.Refused, 1)).Number);
        Assert.Empty(resolver.Asked);
        await client.OpenAsync(2, "nothing.allowed.test:443");
        Assert.Equal(502UL, (await client.ReceiveAsync(TunnelFrameType.Refused, 2)).Number);
    }

    [Fact]
    public async Task NothingIsAllowedUnlessARuleSaysSo()
    {
        await using var relay = await RelayServer.StartAsync();
        var client = await TunnelClient.ConnectAsync(relay);
        await client.OpenAsync(1, "127.0.0.1:80");
        var refused = await client.ReceiveAsync(TunnelFrameType.Refused, 1);
        Assert.Equal((403UL, "127.0.0.1 is loopback, and no rule of tunnel.allow names it."), (refused.Number, refused.Text));
    }

    [Fact]
    public async Task ATenantHasRulesOfItsOwnBesideThoseOfAll()
    {
        using var listener = Listen();
        await using var relay = await StartAsync(
            o => o with { Allow = [] },
            settings: all => all with { Tenants = all.Tenants.Add("acme", new() { TunnelAllow = Allow("127.0.0.1:*") }) });
        foreach (var (path, status) in new[] { ("/tunnel", 403), ("/t/acme/tunnel", 200) })
        {
            var client = await relay.ConnectAsync(path);
            await client.SendChunkAsync(Connect(listener.Port()));
            Assert.StartsWith($"HTTP/1.1 {status} ", await client.ReceiveReplyAsync());
        }

        Assert.Equal(404, (await relay.TryConnectAsync("/t/other/tunnel")).Status);
    }

    [Fact]
    public async Task ANameServiceThatDoesNotAnswerIsGivenUpAndEarlyDataHasNoMoreThanTheFirstCredit()
    {
        var time = new ManualTime();
        var resolver = new Resolver { Hangs = true };
        await using var relay = await StartAsync(o => o with { Allow = Allow("*:443") }, time, resolver: resolver);
        var client = await TunnelClient.ConnectAsync(relay);
        await client.OpenAsync(1, "slow.test:443");
        await client.SendAsync(TunnelFrameType.Data, 1, new byte[TunnelFrames.InitialCredit]);
        await resolver.Called.Task.WaitAsync(Bound);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(504UL, (await client.ReceiveAsync(TunnelFrameType.Refused, 1)).Number);

        await client.OpenAsync(2, "slow.test:443");
        await client.SendAsync(TunnelFrameType.Data, 2, new byte[TunnelFrames.InitialCredit + 1]);
        Assert.Equal(1002, (await client.Socket.ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task SeveralPathsLeadToTunnelsAndWithoutTheTunnelThereIsNone()
    {
        await using (var relay = await StartAsync(o => o with { Paths = ["/v1/code/upstreamproxy/ws", "/tunnel"] }))
        {
            await relay.ConnectAsync("/v1/code/upstreamproxy/ws");
            await relay.ConnectAsync("/t/acme/tunnel");
            Assert.Equal(404, (await relay.TryConnectAsync("/tunnel/more")).Status);
        }

        await using var without = await StartAsync(o => o with { Enabled = false });
        Assert.Equal(404, (await without.TryConnectAsync("/tunnel")).Status);
    }

    private sealed class Resolver(params string[][] answers) : ITunnelResolver
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public TaskCompletionSource Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Hangs { get; init; }

        public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
        {
            Asked.Enqueue(host);
            Called.TrySetResult();
            if (Hangs) await new TaskCompletionSource<IPAddress[]>().Task.WaitAsync(cancellation);
            return Asked.Count <= answers.Length ? [.. answers[Asked.Count - 1].Select(IPAddress.Parse)] : throw new SocketException((int)SocketError.HostNotFound);
        }
    }
}
