using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Relay.Core.Errors;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Nodes;
using Relay.Tests.Gateway.Tunnel;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Api;

/// <summary>A tenant's connections of all jobs: listed, spoken to, closed.</summary>
public sealed class SocketsApiTests
{
    [Fact]
    [Provokes(ErrorCode.Disconnected)]
    [Provokes(CloseReason.Disconnected)]
    public async Task AllConnectionsOfAUserCloseWhateverTheyAreFor()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        var (hub, _) = await relay.JoinAsync("alice");
        var room = await relay.ConnectAsync("/rooms/r?user_id=alice&since=");
        await room.ReceiveJsonAsync("joined");
        var tunnel = await TunnelClient.ConnectAsync(relay, "/tunnel?user_id=alice");
        // Who is answered is in the list; the upgrade alone comes before that.
        await tunnel.Socket.SendFrameAsync(Opcode.Ping, Array.Empty<byte>());
        Assert.Equal(Opcode.Pong, (await tunnel.Socket.ReceiveAsync()).Opcode);
        var (bob, _) = await relay.JoinAsync("bob");
        await relay.JoinAsync("alice", "/t/other/ws");

        var list = await http.GetFromJsonAsync<JsonElement>("/api/v1/users/alice/connections");
        Assert.Equal(3, list.GetProperty("total").GetInt32());
        Assert.Equal(["hub", "room", "tunnel"], list.GetProperty("connections").EnumerateArray().Select(one => one.GetProperty("job").GetString()).Order());
        Assert.Equal("""{"connections":3}""", await SendAsync(http, HttpMethod.Delete, "/api/v1/users/alice/connections"));
        Assert.Equal("disconnected", (await hub.ReceiveJsonAsync("error")).GetProperty("error").GetString());
        Assert.Equal(new ServerClose(4411, "disconnected"), await hub.ReceiveCloseAsync());
        Assert.Equal(new ServerClose(4411, "disconnected"), await room.ReceiveCloseAsync());
        Assert.Equal(new ServerClose(4411, "disconnected"), await tunnel.Socket.ReceiveCloseAsync());
        Assert.Equal("""{"connections":0}""", await SendAsync(http, HttpMethod.Delete, "/api/v1/users/alice%2F/connections"));
        Assert.Equal(1, (await http.GetFromJsonAsync<JsonElement>("/t/other/api/v1/connections")).GetProperty("total").GetInt32());
        await bob.SendTextAsync("""{"type":"nothing_"}""");
        Assert.Equal("plugin_not_found", (await bob.ReceiveJsonAsync("error")).GetProperty("error").GetString());
    }

    [Fact]
    public async Task AConnectionOfAnotherTenantIsNotFound()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        var (mine, welcome) = await relay.JoinAsync("alice");
        var id = welcome.GetProperty("connection_id").GetString();
        await relay.JoinAsync("alice", "/t/other/ws");
        foreach (var (method, address) in new[] { (HttpMethod.Delete, $"/t/other/api/v1/connections/{id}"), (HttpMethod.Post, $"/t/other/api/v1/users/alice/connections/{id}/messages") })
        {
            using var refused = await http.SendAsync(new(method, address) { Content = new StringContent("""{"type":"news"}""") });
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
            Assert.Contains("connection_not_found", await refused.Content.ReadAsStringAsync());
        }

        await SendAsync(http, HttpMethod.Post, $"/api/v1/users/alice/connections/{id}/messages", """{"type":"news"}""");
        await mine.ReceiveJsonAsync("news");
        await SendAsync(http, HttpMethod.Delete, $"/api/v1/connections/{id}");
        Assert.Equal(new ServerClose(4411, "disconnected"), await mine.ReceiveCloseAsync());
    }

    [Fact]
    public async Task EveryoneInTheTenantIsReachedAndNobodyElse()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        var (alice, _) = await relay.JoinAsync("alice");
        var (bob, _) = await relay.JoinAsync("bob");
        var (other, _) = await relay.JoinAsync("alice", "/t/other/ws");
        await relay.ConnectAsync("/rooms/r?user_id=alice");
        await TestNode.JoinAsync(relay, "n");
        Assert.Equal("""{"connections":2}""", await SendAsync(http, HttpMethod.Post, "/api/v1/messages", """{"type":"news","data":{"n":1.50}}"""));
        foreach (var one in new[] { alice, bob }) Assert.Equal("""{"type":"news","data":{"n":1.50}}""", (await one.ReceiveJsonAsync("news")).GetRawText());
        Assert.Equal("""{"connections":1}""", await SendAsync(http, HttpMethod.Post, "/t/other/api/v1/messages", """{"type":"other"}"""));
        await other.ReceiveJsonAsync("other");
    }

    [Theory]
    [InlineData("", "invalid_body")]
    [InlineData("[]", "invalid_body")]
    [InlineData("{}", "invalid_body")]
    [InlineData("""{"type":7}""", "invalid_body")]
    [InlineData("""{"type":""}""", "invalid_body")]
    [InlineData("""{"type":"a","type":"b"}""", "invalid_body")]
    [InlineData("""{"type":"a","request_id":"1"}""", "invalid_body")]
    [InlineData("""{"type":"a"} x""", "invalid_body")]
    [InlineData("""{"type":"welcome"}""", "reserved_type")]
    [InlineData("""{"type":"\u0065rror"}""", "reserved_type")]
    [InlineData("""{"type":"plugin_status"}""", "reserved_type")]
    [InlineData("""{"type":"expiring","data":{}}""", "reserved_type")]
    [InlineData("""{"type":"authenticated","data":{}}""", "reserved_type")]
    public async Task AFaultyPushIsRefused(string body, string error)
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        using var refused = await http.PostAsync("/api/v1/users/alice/messages", new StringContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains(error, await refused.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task APushOverTheBoundIsRefusedAndOneAtItPasses()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        var atBound = """{"type":"a","data":""}""";
        atBound = atBound.Insert(atBound.Length - 2, new('x', 65536 - atBound.Length));
        Assert.Equal("""{"connections":0}""", await SendAsync(http, HttpMethod.Post, "/api/v1/users/alice/messages", atBound));
        using var refused = await http.PostAsync("/api/v1/users/alice/messages", new StringContent(atBound + " "));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Contains("message_too_big", await refused.Content.ReadAsStringAsync());
    }

    private static async Task<string> SendAsync(HttpClient http, HttpMethod method, string address, string? body = null)
    {
        using var response = await http.SendAsync(new(method, address) { Content = body is null ? null : new StringContent(body) });
        Assert.True(response.IsSuccessStatusCode, $"{method} {address}: {response.StatusCode}");
        return await response.Content.ReadAsStringAsync();
    }
}
