using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Limits;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Gateway.Telemetry;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Tunnel;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Limits;

/// <summary>What tenants have used, as back ends and operators read it.</summary>
public sealed class UsageTests
{
    [Fact]
    public async Task WhatEveryJobUsedIsTheTenantsAndNoOthers()
    {
        await using var relay = await TunnelRig.StartAsync(settings: static all => all with { Plugins = all.Plugins with { Echo = new RelayEchoOptions { Enabled = true } } });
        var (client, _) = await relay.JoinAsync("alice", "/t/one/ws");
        Assert.Equal("x", (await client.AskAsync("echo_say", data: "\"x\"")).GetProperty("data").GetString());
        await LeaveAsync(client);

        using (var listener = TunnelRig.Listen())
        {
            var (tunnel, target) = await relay.TunnelAsync(listener, "/t/one/tunnel");
            await tunnel.SendChunkAsync("to the target");
            await target.ReadAsync(13);
            await target.SendAsync(new byte[700]);
            await tunnel.ReceiveBytesAsync(700);
            target.Close();
            await tunnel.ReceiveCloseAsync();
            await tunnel.SendCloseAsync(1000);
            Assert.True(await tunnel.ReceiveEndAsync());
        }

        var node = await TestNode.JoinAsync(relay, path: "/t/one/nodes");
        node.Serve = static job => job.StreamAsync("data: {\"choices\":[]}\n\n", "data: {\"choices\":[],\"us", "age\":{\"prompt_tokens\":11,\"completion_tokens\":5}}\n\n", "data: [DONE]\n\n");
        using var caller = new NodeCaller(relay);
        using (var answer = await caller.PostAsync(NodeCaller.Body(), "/t/one" + NodeCaller.Chat)) await answer.Content.ReadAsByteArrayAsync();

        using var http = new HttpClient { BaseAddress = relay.Url };
        var used = await http.GetFromJsonAsync<JsonElement>("/t/one/api/v1/usage");
        Assert.Equal("one", used.GetProperty("tenant").GetString());
        Assert.Equal((1, 3), (used.GetProperty("connections").GetProperty("open").GetInt32(), used.GetProperty("connections").GetProperty("opened").GetInt32()));
        Assert.Equal((11, 5), (used.GetProperty("tokens").GetProperty("prompt").GetInt32(), used.GetProperty("tokens").GetProperty("completion").GetInt32()));
        var tunnels = used.GetProperty("tunnels");
        Assert.Equal((1, 13, 700), (tunnels.GetProperty("opened").GetInt32(), tunnels.GetProperty("bytes_up").GetInt32(), tunnels.GetProperty("bytes_down").GetInt32()));
        // The message and the call; what nodes and tunnels say beside is not yet folded, or no message.
        Assert.True(used.GetProperty("messages").GetProperty("in").GetInt32() >= 2);
        Assert.True(used.GetProperty("bytes").GetProperty("in").GetInt32() > Encoding.UTF8.GetByteCount(NodeCaller.Body()));

        var other = await http.GetFromJsonAsync<JsonElement>("/t/two/api/v1/usage");
        Assert.Equal((0, 0), (other.GetProperty("connections").GetProperty("opened").GetInt32(), other.GetProperty("bytes").GetProperty("in").GetInt32()));
    }

    [Fact]
    public async Task TokensThatTheConfiguredUpstreamReportsAreTheTenants()
    {
        await using var upstream = await ScriptedChatUpstream.StartAsync(ScriptedChatUpstream.Events(
            ScriptedChatUpstream.Delta("hello"), ScriptedChatUpstream.Usage(1, 1), ScriptedChatUpstream.Finish("stop"), ScriptedChatUpstream.Usage(9, 2), "[DONE]"));
        await using var relay = await RelayServer.StartAsync(settings => settings with
        {
            Plugins = settings.Plugins with { Ai = settings.Plugins.Ai with { Upstream = new RelayAiUpstreamOptions { BaseUrl = upstream.BaseUrl, Model = "m" } } },
        });
        var (client, _) = await relay.JoinAsync("alice", "/t/one/ws");
        for (var i = 0; i < 2; i++)
        {
            await client.SendTextAsync("""{"type":"ai_chat","request_id":"1","data":{"messages":[{"role":"user","content":"?"}]}}""");
            Assert.Equal(9, (await client.ReceiveJsonAsync("ai_done")).GetProperty("data").GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        }

        using var http = new HttpClient { BaseAddress = relay.Url };
        var tokens = (await http.GetFromJsonAsync<JsonElement>("/t/one/api/v1/usage")).GetProperty("tokens");
        Assert.Equal((18, 4), (tokens.GetProperty("prompt").GetInt32(), tokens.GetProperty("completion").GetInt32()));
        Assert.Equal(0, (await http.GetFromJsonAsync<JsonElement>("/t/two/api/v1/usage")).GetProperty("tokens").GetProperty("prompt").GetInt32());
    }

    [Fact]
    public async Task TheListOfAllTenantsComesInParts()
    {
        await using var relay = await HubServer.StartAsync();
        foreach (var tenant in new[] { "b", "a", "c" }) await relay.JoinAsync("alice", $"/t/{tenant}/ws");
        using var http = new HttpClient { BaseAddress = relay.Url };
        var first = await http.GetFromJsonAsync<JsonElement>("/api/v1/tenants-usage?limit=2");
        Assert.Equal(["a", "b"], first.GetProperty("tenants").EnumerateArray().Select(static each => each.GetProperty("tenant").GetString()));
        Assert.Equal("b", first.GetProperty("next").GetString());
        var rest = await http.GetFromJsonAsync<JsonElement>("/api/v1/tenants-usage?limit=2&after=b");
        Assert.Equal(["c", "default"], rest.GetProperty("tenants").EnumerateArray().Select(static each => each.GetProperty("tenant").GetString()));
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("next").ValueKind);
    }

    [Fact]
    public void MetricsNameTheFirstTenantsAndSumUpTheOthers()
    {
        using var table = new LimitTable(new ManualTime(), SubjectLimits.None, static _ => new());
        var metrics = new TenantSeries(table, maxTenants: 2);
        foreach (var tenant in new[] { "other", "a" }) table.Open(new(tenant), null).Meter!.Leave();
        Assert.Equal(["a", "other"], metrics.Read().Select(static each => each.Tenant));
        foreach (var tenant in new[] { "b", "c", "d" }) table.Open(new(tenant), null).Meter!.Leave();
        for (var scrape = 0; scrape < 2; scrape++)
            Assert.Equal([("a", 1L), ("b", 1L), ("other", 3L)], metrics.Read().Select(static each => (each.Tenant, each.Counts.ConnectionsOpened)));
    }

    private static async Task LeaveAsync(RawWebSocketClient client)
    {
        await client.SendCloseAsync(1000);
        Assert.Equal(1000, (await client.ReceiveCloseAsync()).Code);
        Assert.True(await client.ReceiveEndAsync());
    }
}
