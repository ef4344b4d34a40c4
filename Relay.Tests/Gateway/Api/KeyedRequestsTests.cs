using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Gateway.Tenants;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Api;

/// <summary>Requests with an <c>Idempotency-Key</c>.</summary>
public sealed class KeyedRequestsTests
{
    [Fact]
    public async Task ARequestThatComesAgainIsAnsweredAndNotPerformedAgain()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        var (alice, _) = await relay.JoinAsync("alice");
        Assert.Equal((HttpStatusCode.OK, """{"connections":1}""", false), await PublishAsync(http, "k", "one"));
        Assert.Equal((HttpStatusCode.OK, """{"connections":1}""", true), await PublishAsync(http, "k", "one"));
        Assert.Contains("key_reused", (await PublishAsync(http, "k", "two")).Body);
        Assert.Contains("key_reused", (await PublishAsync(http, "k", "one", user: "bob")).Body);
        Assert.Equal((HttpStatusCode.OK, """{"connections":1}""", false), await PublishAsync(http, "l", "two"));
        await alice.ReceiveJsonAsync("one");
        Assert.Equal("two", (await alice.ReceiveJsonAsync(frame => frame.GetProperty("type").GetString() is "one" or "two")).GetProperty("type").GetString());
        // Another tenant has keys of its own.
        Assert.Equal((HttpStatusCode.OK, """{"connections":0}""", false), await PublishAsync(http, "k", "two", "/t/other"));
    }

    [Fact]
    public async Task WhoLeftBeforeTheAnswerHasItWhenItAsksAgain()
    {
        await using var relay = await RelayServer.StartAsync();
        await relay.JoinAsync("alice");
        var tenant = relay.Services.GetRequiredService<TenantDirectory>().Find(TenantId.Default)!;
        var operation = ApiTable.All.Single(one => one.Id == "publishToUser");
        foreach (var isAgain in (bool[])[false, true])
        {
            using var answer = new MemoryStream();
            var http = new DefaultHttpContext { RequestServices = relay.Services, RequestAborted = new(canceled: !isAgain) };
            http.Response.Body = answer;
            http.Request.Headers[KeyedRequests.Header] = "k";
            var call = new ApiCall(http, operation, new Admitted(tenant, null), ["api", "v1", "users", "alice", "messages"], Encoding.UTF8.GetBytes("""{"type":"news"}"""), default);
            var performed = KeyedRequests.PerformAsync(call);
            if (isAgain) await performed;
            else await Assert.ThrowsAnyAsync<OperationCanceledException>(() => performed);
            Assert.Equal(isAgain ? """{"connections":1}""" : "", Encoding.UTF8.GetString(answer.ToArray()));
            Assert.Equal(isAgain, http.Response.Headers.ContainsKey(KeyedRequests.ReplayedHeader));
        }
    }

    [Fact]
    public async Task ARefusalIsNotKept()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        Assert.Equal(HttpStatusCode.NotFound, await JoinAsync(http));
        await relay.JoinAsync("alice");
        Assert.Equal(HttpStatusCode.NoContent, await JoinAsync(http));
        Assert.Equal(HttpStatusCode.NoContent, await JoinAsync(http));
    }

    [Fact]
    public async Task AFaultyKeyIsRefused()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = new HttpClient { BaseAddress = relay.Url };
        foreach (var key in (string[])["", new('k', 257)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/groups/g/members/alice");
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
            using var response = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains("invalid_key", await response.Content.ReadAsStringAsync());
        }
    }

    private static async Task<HttpStatusCode> JoinAsync(HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/groups/g/members/alice") { Headers = { { "Idempotency-Key", "k" } } };
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<(HttpStatusCode Status, string Body, bool Replayed)> PublishAsync(HttpClient http, string key, string type, string tenant = "", string user = "alice")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{tenant}/api/v1/users/{user}/messages") { Headers = { { "Idempotency-Key", key } } };
        request.Content = new StringContent($$"""{"type":"{{type}}"}""");
        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Contains("Idempotency-Replayed"));
    }
}
