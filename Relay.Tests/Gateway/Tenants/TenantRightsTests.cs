using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>What one tenant gets and another does not, and what changes while both are connected.</summary>
public sealed class TenantRightsTests : IAsyncLifetime
{
    private RelayServer _relay = null!;
    private RelaySettings _settings = null!;

    public async Task InitializeAsync() => _relay = await RelayServer.StartAsync(settings => _settings = settings with
    {
        Plugins = settings.Plugins with { Echo = new() { Enabled = true } },
        Tenants = Of("a: {}, b: {}"),
    });

    public async Task DisposeAsync() => await _relay.DisposeAsync();

    [Theory]
    [InlineData("hub", "/ws?user_id=alice")]
    [InlineData("rooms", "/rooms/hall")]
    [InlineData("peers", "/introduction/p")]
    [InlineData("peers", "/connection/p/q/d")]
    [InlineData("nodes", "/nodes")]
    [InlineData("tunnel", "/tunnel")]
    public async Task AJobThatATenantDoesNotHaveIsNotThere(string job, string target)
    {
        Take($"a: {{ {job}: {{ enabled: false }} }}, b: {{}}");
        Assert.Equal(404, (await _relay.TryConnectAsync("/t/a" + target)).Status);
        Assert.NotEqual(404, (await _relay.TryConnectAsync("/t/b" + target)).Status);
        Take("a: {}, b: {}");
        Assert.NotEqual(404, (await _relay.TryConnectAsync("/t/a" + target)).Status);
    }

    [Fact]
    public async Task OperationsOfTheApiGoWithTheirJob()
    {
        using var http = new HttpClient { BaseAddress = _relay.Url };
        Take("a: { rooms: { enabled: false }, nodes: { enabled: false } }, b: {}");
        foreach (var (tenant, status) in new[] { ("a", HttpStatusCode.NotFound), ("b", HttpStatusCode.OK) })
        {
            Assert.Equal(status, (await http.GetAsync($"/t/{tenant}/api/v1/rooms")).StatusCode);
            Assert.Equal(status, (await http.GetAsync($"/t/{tenant}/api/v1/nodes")).StatusCode);
            Assert.Equal(status, (await http.GetAsync($"/t/{tenant}/v1/models")).StatusCode);
        }

        // Only when nobody has it is it gone from the document.
        Assert.Contains("listRooms", await http.GetStringAsync("/t/b/api/v1/openapi.json"));
        Take("a: { rooms: { enabled: false } }, b: { rooms: { enabled: false } }", settings => settings with { Rooms = settings.Rooms with { Enabled = false } });
        Assert.DoesNotContain("listRooms", await http.GetStringAsync("/t/b/api/v1/openapi.json"));
    }

    [Fact]
    public async Task APluginThatATenantDoesNotHaveIsNotThereAlsoForWhoIsConnected()
    {
        Take("a: { plugins: { allow: [echo] } }, b: {}");
        var (a, welcomed) = await _relay.JoinAsync(path: "/t/a/ws");
        Assert.Equal(["echo_"], Plugins(welcomed));
        Assert.Equal(["ai_", "echo_", "session_"], Plugins((await _relay.JoinAsync(path: "/t/b/ws")).Welcome).Order());
        Assert.Equal("plugin_not_found", await AnswerAsync(a, "session_list"));
        Assert.Equal("echo_said", await AnswerAsync(a, "echo_say"));

        Take("a: { plugins: { allow: [session] } }, b: {}");
        Assert.Equal("plugin_not_found", await AnswerAsync(a, "echo_say"));
        Assert.Equal("session_listed", await AnswerAsync(a, "session_list"));
    }

    [Fact]
    public async Task LimitsOfHubsAreTheTenantsAndMoveWhileUsersAreThere()
    {
        Take("a: { hub: { max_connections_per_user: 1, max_user_hubs: 1 } }, b: {}");
        await _relay.JoinAsync(path: "/t/a/ws");
        Assert.Equal(4429, (await (await _relay.ConnectAsync("/t/a/ws?user_id=alice")).ReceiveCloseAsync()).Code);
        Assert.Equal(4500, (await (await _relay.ConnectAsync("/t/a/ws?user_id=bob")).ReceiveCloseAsync()).Code);
        for (var i = 0; i < 3; i++) await _relay.JoinAsync(path: "/t/b/ws");

        Take("a: { hub: { max_connections_per_user: 2, max_user_hubs: 2 } }, b: {}");
        await _relay.JoinAsync(path: "/t/a/ws");
        await _relay.JoinAsync("bob", "/t/a/ws");
        Assert.Equal(4429, (await (await _relay.ConnectAsync("/t/a/ws?user_id=alice")).ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task RoomsHaveTheTenantsPatternsAndLimits()
    {
        Take("a: { rooms: { max_rooms: 1, max_message_bytes: 128, patterns: { default: { presence: true } } } }, b: {}");
        using var http = new HttpClient { BaseAddress = _relay.Url };
        var member = await _relay.ConnectAsync("/t/a/rooms/hall?user_id=alice");
        await _relay.ConnectAsync("/t/b/rooms/hall?user_id=alice");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/t/a/api/v1/rooms/hall/members")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await http.GetAsync("/t/b/api/v1/rooms/hall/members")).StatusCode);
        Assert.Equal("too_many_rooms", (await (await _relay.ConnectAsync("/t/a/rooms/other")).ReceiveCloseAsync()).Reason);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await http.PostAsync("/t/a/api/v1/rooms/hall/messages", new StringContent(new string('x', 129)))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/t/b/api/v1/rooms/hall/messages", new StringContent(new string('x', 129)))).StatusCode);
        await member.SendTextAsync(new string('x', 129));
        Assert.Equal(1009, (await member.ReceiveCloseAsync()).Code);
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, RelayTenantOptions> Of(string tenants) =>
        Loading.SettingsOf($"tenants: {{ {tenants} }}").Tenants;

    private static IEnumerable<string> Plugins(JsonElement welcome) => welcome.GetProperty("plugins").EnumerateObject().Select(static plugin => plugin.Name);

    private static async Task<string?> AnswerAsync(RawWebSocketClient client, string type)
    {
        await client.SendTextAsync($$"""{"type":"{{type}}","data":{},"request_id":"r"}""");
        var answer = await client.ReceiveJsonAsync(static frame => frame.TryGetProperty("request_id", out _));
        return answer.TryGetProperty("error", out var error) ? error.GetString() : answer.GetProperty("type").GetString();
    }

    private void Take(string tenants, Func<RelaySettings, RelaySettings>? change = null) =>
        _relay.Services.GetRequiredService<TenantDirectory>().Take((change?.Invoke(_settings) ?? _settings) with { Tenants = Of(tenants) });
}
