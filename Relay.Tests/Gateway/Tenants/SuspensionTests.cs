using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>What is open of a tenant when it is suspended, or is no tenant any more.</summary>
public sealed class SuspensionTests : IAsyncLifetime
{
    private RelayServer _relay = null!;
    private RelaySettings _settings = null!;

    public async Task InitializeAsync() => _relay = await RelayServer.StartAsync(settings => _settings = settings with { Tenants = Named(("a", false), ("b", false)) });

    public async Task DisposeAsync() => await _relay.DisposeAsync();

    [Theory]
    [InlineData("/ws?user_id=alice")]
    [InlineData("/rooms/hall")]
    [InlineData("/introduction/p")]
    [InlineData("/connection/p/q/d")]
    [InlineData("/tunnel")]
    public async Task OpenSocketsOfEveryJobAreClosedAndThoseOfOthersStay(string target)
    {
        var suspended = await _relay.ConnectAsync("/t/a" + target);
        var other = await _relay.ConnectAsync("/t/b" + target);
        Take(("a", true), ("b", false));
        Assert.Equal((4403, "tenant_suspended"), await CloseAsync(suspended));
        await other.SendCloseAsync(1000);
        Assert.NotEqual(4403, (await CloseAsync(other)).Code);

        // Who comes back is told the same, until the tenant may again.
        Assert.Equal(4403, (await CloseAsync(await _relay.ConnectAsync("/t/a" + target))).Code);
        Take(("a", false), ("b", false));
        var back = await _relay.ConnectAsync("/t/a" + target);
        await back.SendCloseAsync(1000);
        Assert.NotEqual(4403, (await CloseAsync(back)).Code);
    }

    [Fact]
    public async Task ATenantThatIsRemovedIsClosedAsASuspendedOne()
    {
        var client = await _relay.ConnectAsync("/t/a/rooms/hall");
        Take(("b", false));
        Assert.Equal((4403, "tenant_suspended"), await CloseAsync(client));
        Assert.Equal(404, (await _relay.TryConnectAsync("/t/a/rooms/hall")).Status);
    }

    [Fact]
    public async Task NamesOfAnOpenRelayAreClosedWhenTenantsAreNamed()
    {
        await using var relay = await RelayServer.StartAsync();
        var (unnamed, named) = (await relay.ConnectAsync("/t/x/rooms/hall"), await relay.ConnectAsync("/t/a/rooms/hall"));
        relay.Services.GetRequiredService<TenantDirectory>().Take(_settings);
        Assert.Equal(4403, (await CloseAsync(unnamed)).Code);
        await named.SendCloseAsync(1000);
        Assert.Equal(1000, (await CloseAsync(named)).Code);
    }

    [Fact]
    public async Task OpenAnswersEndWithAnEventAndNodesAreClosed()
    {
        using var caller = new NodeCaller(_relay);
        await using var node = await TestNode.JoinAsync(_relay, path: "/t/a/nodes");
        var call = caller.PostAsync(NodeCaller.Body(), "/t/a" + NodeCaller.Chat);
        var job = await node.NextAsync();
        await job.AnswerAsync();
        await job.SendAsync("data: {\"a\":1}\n\n");
        using var response = await call;
        var stream = await response.Content.ReadAsStreamAsync();
        Assert.Equal("data: {\"a\":1}\n\n", await stream.ReadTextAsync(15));

        Take(("a", true), ("b", false));
        var end = await stream.ReadToEndAsync();
        Assert.StartsWith("data: ", end);
        Assert.Contains("tenant_suspended", end, StringComparison.Ordinal);
        using var refused = await caller.PostAsync(NodeCaller.Body(), "/t/a" + NodeCaller.Chat);
        await refused.ExpectErrorAsync(403, "tenant_suspended");
    }

    [Theory]
    [InlineData("\"continue\":true")]
    [InlineData("\"stream_id\":\"s\"")]
    public async Task AChatThatOutlivesItsConnectionEndsAtTheUpstreamToo(string outlives)
    {
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.SilenceAsync);
        await using var relay = await RelayServer.StartAsync(settings => _settings = settings with
        {
            Tenants = Named(("a", false), ("b", false)),
            Plugins = settings.Plugins with { Ai = settings.Plugins.Ai with { Upstream = new RelayAiUpstreamOptions { BaseUrl = upstream.BaseUrl, Model = "m" } } },
        });
        var (client, _) = await relay.JoinAsync("alice", "/t/a/ws");
        await client.SendTextAsync($$$"""{"type":"ai_chat","request_id":"1","data":{"messages":[{"role":"user","content":"?"}],{{{outlives}}}}}""");
        await upstream.Reached.WaitAsync(TimeSpan.FromSeconds(30));
        relay.Services.GetRequiredService<TenantDirectory>().Take(_settings with { Tenants = Named(("a", true), ("b", false)) });
        await upstream.Aborted.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task ACallThatWaitsForANodeIsRefused()
    {
        using var caller = new NodeCaller(_relay);
        await using var node = await TestNode.JoinAsync(_relay, capacity: 1, path: "/t/a/nodes");
        var running = caller.PostAsync(NodeCaller.Body(), "/t/a" + NodeCaller.Chat);
        await node.NextAsync();
        Take(("a", true), ("b", false));
        using var response = await running;
        await response.ExpectErrorAsync(403, "tenant_suspended");
    }

    private static ImmutableSortedDictionary<string, RelayTenantOptions> Named(params (string Name, bool IsSuspended)[] tenants) =>
        RelaySettings.NoTenants.AddRange(tenants.Select(static each => KeyValuePair.Create(each.Name, new RelayTenantOptions { Suspended = each.IsSuspended })));

    private static async Task<(int Code, string Reason)> CloseAsync(RawWebSocketClient client)
    {
        var close = await client.ReceiveCloseAsync();
        return (close.Code, close.Reason);
    }

    private void Take(params (string Name, bool IsSuspended)[] tenants) =>
        _relay.Services.GetRequiredService<TenantDirectory>().Take(_settings with { Tenants = Named(tenants) });
}
