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
}
