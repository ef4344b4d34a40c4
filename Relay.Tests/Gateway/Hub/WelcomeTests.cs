using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Hub;

public sealed class WelcomeTests
{
    [Fact]
    public async Task WelcomeIsTheFirstFrameAndTellsOfEveryPlugin()
    {
        await using var server = await RelayServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var welcome = await client.ReceiveJsonAsync();

        Assert.Equal(["type", "user_id", "client_count", "connection_id", "plugins"], welcome.EnumerateObject().Select(member => member.Name));
        Assert.Equal("welcome", welcome.GetProperty("type").GetString());
        Assert.Equal("alice", welcome.GetProperty("user_id").GetString());
        Assert.Equal(1, welcome.GetProperty("client_count").GetInt32());
        Assert.NotEmpty(welcome.GetProperty("connection_id").GetString()!);
        Assert.Equal("""{"ai_":{"status":"pending"},"session_":{"status":"running"}}""", welcome.GetProperty("plugins").GetRawText());
    }

    [Fact]
    public async Task WelcomeCountsTheUsersConnectionsAndNamesEachAnew()
    {
        await using var server = await RelayServer.StartAsync();
        var ids = new HashSet<string?>();
        for (var count = 1; count <= 5; count++)
        {
            var (_, welcome) = await server.JoinAsync();
            Assert.Equal(count, welcome.GetProperty("client_count").GetInt32());
            Assert.True(ids.Add(welcome.GetProperty("connection_id").GetString()));
        }

        var (_, other) = await server.JoinAsync("bob");
        Assert.Equal(1, other.GetProperty("client_count").GetInt32());
    }

    [Fact]
    public async Task WelcomeTellsThatAPluginHasFailed()
    {
        await using var relay = await HubServer.StartAsync();
        var (first, _) = await relay.JoinAsync();
        for (var i = 0; i < 2; i++) await first.AskAsync("probe_crash", $"r{i}");
        await first.ReceiveJsonAsync(json => json.TryGetProperty("status", out var status) && status.ValueEquals("failed"));

        var (_, welcome) = await relay.JoinAsync();

        Assert.Equal(
            """{"ai_":{"status":"pending"},"echo_":{"status":"pending"},"probe_":{"status":"failed"},"session_":{"status":"running"},"vault_":{"status":"pending"}}""",
            welcome.GetProperty("plugins").GetRawText());
    }
}
