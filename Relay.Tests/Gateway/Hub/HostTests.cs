using System.Net;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Hub;

/// <summary>Which host names a relay on loopback answers to: a page with a rebound name must not reach it.</summary>
public sealed class HostTests
{
    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("app.localhost:8080", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("[::1]:9000", HttpStatusCode.OK)]
    [InlineData("app.example", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.Forbidden)]
    [InlineData("localhost.evil.example", HttpStatusCode.Forbidden)]
    public async Task OnLoopbackOnlyItsOwnNamesAndThoseOfAllowedOriginsAreAnswered(string host, HttpStatusCode status)
    {
        await using var relay = await RelayServer.StartAsync(settings => settings with { Server = settings.Server with { AllowedOrigins = ["https://app.example"] } });
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{relay.Port}/api/v1/hubs");
        request.Headers.Host = host;

        using var response = await client.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task AReboundPageOpensNoWebSocket()
    {
        await using var relay = await RelayServer.StartAsync();

        await using var refusal = await RawWebSocketClient.TryConnectAsync(relay.Port, "/ws?user_id=alice", ("Host", "evil.example"), ("Origin", "http://evil.example"));

        Assert.Equal(403, refusal.Status);
    }
}
