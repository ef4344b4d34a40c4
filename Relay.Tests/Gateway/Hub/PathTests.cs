using System.Text.Json;
using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Hub;

/// <summary>Tenants and users as the request target names them: decoded once and strictly.</summary>
public sealed class PathTests(HubServer server) : IClassFixture<HubServer>
{
    [Theory]
    [InlineData("/ws", "default")]
    [InlineData("/t/acme/ws", "acme")]
    [InlineData("/t/a%2Fb/ws", "a/b")]
    [InlineData("/t/a%2fb/ws", "a/b")]
    [InlineData("/t/a%252Fb/ws", "a%2Fb")]
    [InlineData("/t/%61cme/ws", "acme")]
    [InlineData("/t/a+b/ws", "a+b")]
    [InlineData("/t/a%20b/ws", "a b")]
    [InlineData("/t/./ws", ".")]
    [InlineData("/t/../ws", "..")]
    [InlineData("/t/%2e%2e/ws", "..")]
    [InlineData("/t/a%5Cb/ws", "a\\b")]
    [InlineData("/t/t/ws", "t")]
    [InlineData("/t/%F0%9F%90%99/ws", "🐙")]
    [InlineData("/t/a%3Fb/ws", "a?b")]
    [InlineData("http://127.0.0.1:PORT/t/a%2Fb/ws", "a/b")]
    public async Task TheTenantIsDecodedOnce(string target, string tenant)
    {
        var client = await server.Relay.ConnectAsync(target.Replace("PORT", $"{server.Relay.Port}", StringComparison.Ordinal) + "?user_id=alice");
        await client.ReceiveJsonAsync("welcome");

        var data = (await client.AskAsync("probe_who")).GetProperty("data");

        Assert.Equal(tenant, data.GetProperty("tenant").GetString());
        Assert.Equal("alice", data.GetProperty("user").GetString());
        await client.SendCloseAsync(1000);
        await client.ReceiveCloseAsync();
    }

    [Theory]
    [InlineData("/t/%zz/ws?user_id=a")]
    [InlineData("/t/%/ws?user_id=a")]
    [InlineData("/t/a%2/ws?user_id=a")]
    [InlineData("/t/%00/ws?user_id=a")]
    [InlineData("/t/a%00b/ws?user_id=a")]
    [InlineData("/t/%ff/ws?user_id=a")]
    [InlineData("/t/%C0%AF/ws?user_id=a")]
    [InlineData("/t/%ED%A0%80/ws?user_id=a")]
    [InlineData("/t//ws?user_id=a")]
    [InlineData("/ws?user_id=%zz")]
    [InlineData("/ws?user_id=%")]
    [InlineData("/ws?user_id=a%2")]
    [InlineData("/ws?user_id=%ff")]
    [InlineData("/ws?user_id=%00")]
    [InlineData("/ws?user_id=a%00b")]
    [InlineData("/ws?user_id=a&user_id=a")]
    [InlineData("/ws?user_id=&user_id=a")]
    [InlineData("/t/LONG/ws?user_id=a")]
    [InlineData("/ws?user_id=LONG")]
    public async Task WhatIsMalformedIsABadRequest(string target)
    {
        var client = await server.Relay.TryConnectAsync(target.Replace("LONG", new string('x', 257), StringComparison.Ordinal));

        Assert.Equal(400, client.Status);
    }

    [Theory]
    [InlineData("//ws")]
    [InlineData("/ws/")]
    [InlineData("/ws/more")]
    [InlineData("/WS")]
    [InlineData("/t/ws")]
    [InlineData("/t/acme")]
    [InlineData("/t/acme/t/other/ws")]
    [InlineData("/x/../ws")]
    [InlineData("/%2e/ws")]
    [InlineData("/t%2Facme%2Fws")]
    [InlineData("/healthz%2Flive")]
    public async Task NoOtherPathIsTheHub(string path)
    {
        var client = await server.Relay.TryConnectAsync(path + "?user_id=alice");

        Assert.Equal(404, client.Status);
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a+b", "a b")]
    [InlineData("a%2Bb", "a+b")]
    [InlineData("a/b?c", "a/b?c")]
    [InlineData("a%26user_id%3Db", "a&user_id=b")]
    [InlineData("a=b", "a=b")]
    [InlineData("%F0%9F%90%99", "🐙")]
    [InlineData("%0A%7F", "\n\u007f")]
    [InlineData("a&other=%zz", "a")]
    public async Task TheUserIsDecodedOnce(string query, string user)
    {
        var client = await server.Relay.ConnectAsync("/ws?user_id=" + query);

        Assert.Equal(user, (await client.ReceiveJsonAsync("welcome")).GetProperty("user_id").GetString());
        Assert.Equal(user, (await client.AskAsync("probe_who")).GetProperty("data").GetProperty("user").GetString());
    }

    [Theory]
    [InlineData("x", 256)]
    [InlineData("ü", 128)]
    [InlineData("🐙", 64)]
    public async Task AnIdMayHave256BytesAndNoneMore(string text, int count)
    {
        var longest = string.Concat(Enumerable.Repeat(text, count));

        var (_, welcome) = await server.Relay.JoinAsync(longest, $"/t/{Uri.EscapeDataString(longest)}/ws");
        Assert.Equal(longest, welcome.GetProperty("user_id").GetString());
        Assert.Equal(400, (await server.Relay.TryConnectAsync($"/ws?user_id={Uri.EscapeDataString(longest)}x")).Status);
        Assert.Equal(400, (await server.Relay.TryConnectAsync($"/t/{Uri.EscapeDataString(longest)}x/ws?user_id=a")).Status);
    }

    [Fact]
    public async Task OnceATenantIsNamedOnlyThoseNamedExist()
    {
        await using var relay = await HubServer.StartAsync(settings => settings with { Tenants = RelaySettings.NoTenants.Add("acme", new RelayTenantOptions()) });

        await relay.JoinAsync("alice", "/t/acme/ws");
        Assert.Equal(404, (await relay.TryConnectAsync("/t/ACME/ws?user_id=alice")).Status);
        Assert.Equal(404, (await relay.TryConnectAsync("/t/default/ws?user_id=alice")).Status);
        Assert.Equal(404, (await relay.TryConnectAsync("/ws?user_id=alice")).Status);
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(relay.Url, "/t/other/api/v1/hubs")).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("""{"error":"unknown_tenant","message":"There is no such tenant."}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task ABadRequestSaysWhatIsWrongWithIt()
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(server.Relay.Url, "/t/%ff/ws")).WaitAsync(TimeSpan.FromSeconds(30));

        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("bad_path", body.RootElement.GetProperty("error").GetString());
        Assert.NotEmpty(body.RootElement.GetProperty("message").GetString()!);
    }
}
