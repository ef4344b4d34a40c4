using System.Net;
using System.Text.Json;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Hub;

/// <summary>What is no WebSocket: health, and the shape of refusals.</summary>
public sealed class HttpTests(HubServer server) : IClassFixture<HubServer>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    [InlineData("/t/acme/healthz/live")]
    public async Task ARunningRelayIsHealthy(string path) => Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, path)).Status);

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    public async Task AProbeMayAskForTheHeadAlone(string path) => Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Head, path)).Status);

    [Theory]
    [InlineData("/api/v1/nothing")]
    [InlineData("/healthz")]
    [InlineData("/healthz/live/more")]
    [InlineData("/t/acme/nothing")]
    public async Task WhatIsNotThereIsToldInTheShapeOfAnError(string path)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal(["error", "message"], body.EnumerateObject().Select(member => member.Name));
        Assert.Equal("not_found", body.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("/healthz/live", "GET", "HEAD")]
    [InlineData("/api/v1/hubs", "GET")]
    [InlineData("/t/acme/api/v1/hubs", "GET")]
    public async Task AMethodThatIsNotTakenIsToldInTheShapeOfAnError(string path, params string[] taken)
    {
        using var http = new HttpClient();
        using var response = await http.PostAsync(new Uri(server.Relay.Url, path), null).WaitAsync(Bound);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(taken, response.Content.Headers.Allow);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("method_not_allowed", body.RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task ADrainingRelayIsAliveButNotReadyAndTakesNobody()
    {
        using var probe = new Probe();
        await using var relay = await HubServer.StartAsync(probe: probe);
        var (busy, _) = await relay.JoinAsync();
        await busy.SendTextAsync("""{"type":"probe_wait","request_id":"r1"}""");
        await probe.Asked.Task.WaitAsync(Bound);

        var stopped = relay.StopAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await SendAsync(HttpMethod.Get, "/healthz/ready", relay)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/healthz/live", relay)).Status);
        Assert.Equal(503, (await relay.TryConnectAsync("/ws?user_id=late")).Status);
        probe.Gate.SetResult();
        await busy.ExpectAsync("""{"type":"probe_waited","request_id":"r1"}""");
        await busy.ExpectCloseAsync(1001, "going_away");
        await stopped.WaitAsync(Bound);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, RelayServer? relay = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, new Uri((relay ?? server.Relay).Url, path));
        using var response = await http.SendAsync(request).WaitAsync(Bound);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone());
    }
}
