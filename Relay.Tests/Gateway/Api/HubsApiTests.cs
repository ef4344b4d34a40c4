using System.Net;
using System.Text.Json;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Api;

public class HubsApiTests
{
    [Fact]
    public async Task ListsHubsWithConnectionsAndPluginsByPrefix()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        var (_, first) = await relay.JoinAsync("alice");
        var (_, second) = await relay.JoinAsync("alice");
        await relay.JoinAsync("bob");
        var list = await GetJsonAsync(http, "/api/v1/hubs");
        Assert.Equal(2, list.GetProperty("total").GetInt32());
        Assert.Equal(3, list.GetProperty("connections").GetInt64());
        Assert.Equal(JsonValueKind.Null, list.GetProperty("next").ValueKind);
        Assert.Equal(["alice", "bob"], Users(list));
        var alice = list.GetProperty("hubs")[0];
        Assert.Equal("active", alice.GetProperty("phase").GetString());
        Assert.Equal(0, alice.GetProperty("idle_seconds").GetInt64());
        Assert.Equal(new[] { first, second }.Select(welcome => welcome.GetProperty("connection_id").GetString()!).ToHashSet(), alice.GetProperty("connections").EnumerateArray().Select(each => each.GetString()!).ToHashSet());
        Assert.Equal(0, alice.GetProperty("groups").GetArrayLength());
        var session = alice.GetProperty("plugins").GetProperty("session_");
        Assert.Contains(session.GetProperty("status").GetString(), new[] { "pending", "running" });
        Assert.Equal(0, session.GetProperty("crashes").GetInt32());
    }

    [Fact]
    public async Task PagesAreReadWithNextAndCoverEveryHubOnce()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        string[] users = ["a", "a b", "a%2Fb", "b&c=d", "é", "😀"];
        foreach (var user in users) await relay.JoinAsync(user);
        var seen = new List<string>();
        var path = "/api/v1/hubs?limit=2";
        while (true)
        {
            var list = await GetJsonAsync(http, path);
            Assert.Equal(users.Length, list.GetProperty("total").GetInt32());
            Assert.Equal(2, list.GetProperty("hubs").GetArrayLength());
            seen.AddRange(Users(list));
            if (list.GetProperty("next").GetString() is not { } next) break;
            Assert.Equal(seen[^1], next);
            path = "/api/v1/hubs?limit=2&after=" + Uri.EscapeDataString(next);
        }

        Assert.Equal(users.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ATenantSeesItsOwnHubsOnly()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        await relay.JoinAsync("alice");
        await relay.JoinAsync("bob", "/t/a%2Fb/ws");
        Assert.Equal(["alice"], Users(await GetJsonAsync(http, "/api/v1/hubs")));
        Assert.Equal(["alice"], Users(await GetJsonAsync(http, "/t/default/api/v1/hubs")));
        Assert.Equal(["bob"], Users(await GetJsonAsync(http, "/t/a%2Fb/api/v1/hubs")));
        Assert.Empty(Users(await GetJsonAsync(http, "/t/a%252Fb/api/v1/hubs")));
    }

    [Theory]
    [InlineData("limit=0", "invalid_limit")]
    [InlineData("limit=1001", "invalid_limit")]
    [InlineData("limit=-1", "invalid_limit")]
    [InlineData("limit=%2B1", "invalid_limit")]
    [InlineData("limit=ten", "invalid_limit")]
    [InlineData("limit=", "invalid_limit")]
    [InlineData("limit=99999999999", "invalid_limit")]
    [InlineData("limit=1&limit=2", "invalid_limit")]
    [InlineData("after=", "invalid_after")]
    [InlineData("after=%00", "invalid_after")]
    [InlineData("after=a&after=b", "invalid_after")]
    public async Task RefusesAFaultyQueryWithAJsonError(string query, string error)
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        using var response = await http.GetAsync("/api/v1/hubs?" + query);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(error, body.GetProperty("error").GetString());
        Assert.NotEqual("", body.GetProperty("message").GetString());
    }

    [Fact]
    public async Task IsNotKeptByCaches()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        using var response = await http.GetAsync("/api/v1/hubs?limit=1000");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    private static HttpClient Client(RelayServer relay) => new() { BaseAddress = relay.Url, Timeout = TimeSpan.FromSeconds(30) };

    private static async Task<JsonElement> GetJsonAsync(HttpClient http, string path) => JsonDocument.Parse(await http.GetStringAsync(path)).RootElement;

    private static string[] Users(JsonElement list) => [.. list.GetProperty("hubs").EnumerateArray().Select(each => each.GetProperty("user_id").GetString()!)];
}
