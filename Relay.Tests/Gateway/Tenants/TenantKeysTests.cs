using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Relay.Gateway.Auth;
using Relay.Tests.Gateway.Auth;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

/// <summary>Single API keys of a stored tenant: made, shown, rotated and taken away by the relay's operator, and used meanwhile.</summary>
public sealed class TenantKeysTests : IAsyncLifetime
{
    private const string Keys = "/api/v1/tenants/acme/keys";

    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new();
    private RelayServer _relay = null!;

    public async Task InitializeAsync()
    {
        _relay = await AuthRelay.StartAsync($$"""{ auth: { mode: token, operators: { root: { hash: "{{AuthRelay.Hash("root")}}" } } }, tenants: { settings: {} } }""", _time);
        _http.BaseAddress = _relay.Url;
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Put, "/api/v1/tenants/acme", """{"tunnel_allow":["example.com:443"]}""")).Status);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _relay.DisposeAsync();
    }

    [Fact]
    public async Task AKeyIsToldOnceAndWorksUntilItIsTakenAway()
    {
        var made = await SendAsync(HttpMethod.Post, Keys, """{"name":"robot","roles":["user"],"user_id":"r2","scopes":["vault"],"expires":"2027-01-31T00:00:00Z"}""");
        var key = made.Text("key");
        Assert.True(ApiKeyHash.LooksLikeKey(key));
        Assert.Equal((HttpStatusCode.OK, key[..14]), (made.Status, made.Text("prefix")));
        var listed = await SendAsync(HttpMethod.Get, Keys);
        Assert.Equal(
            $$"""{"total":1,"keys":[{"name":"robot","prefix":"{{key[..14]}}","roles":["user"],"scopes":["vault"],"user_id":"r2","expires":"2027-01-31T00:00:00+00:00"}],"next":null}""", listed.Json.GetRawText());
        Assert.DoesNotContain(key, (await SendAsync(HttpMethod.Get, "/api/v1/tenants/acme")).Json.GetRawText(), StringComparison.Ordinal);

        // The rest of the tenant is as it was.
        Assert.Equal("example.com:443", (await SendAsync(HttpMethod.Get, "/api/v1/tenants/acme")).Json.GetProperty("document").GetProperty("tunnel_allow")[0].GetString());
        var client = await _relay.ConnectAsync("/ws?access_token=" + key);
        Assert.Equal("r2", (await client.ReceiveJsonAsync("welcome")).GetProperty("user_id").GetString());
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, Keys + "/robot")).Status);
        Assert.Equal(4401, (await client.ReceiveCloseAsync()).Code);
        Assert.Equal(HttpStatusCode.Unauthorized, await UseAsync(key));
        Assert.Equal("key_not_found", (await SendAsync(HttpMethod.Delete, Keys + "/robot")).Text("error"));
    }

    [Fact]
    public async Task ARotatedKeyAndItsSuccessorAreGoodForTheOverlap()
    {
        var first = (await SendAsync(HttpMethod.Post, Keys, """{"name":"backend","roles":["publisher"]}""")).Text("key");
        var second = await SendAsync(HttpMethod.Post, Keys + "/backend/rotate", """{"overlap_seconds":60}""");
        Assert.Equal(("backend", "publisher"), (second.Text("name"), second.Json.GetProperty("roles")[0].GetString()));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [await UseAsync(first), await UseAsync(second.Text("key"))]);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.OK], [await UseAsync(first), await UseAsync(second.Text("key"))]);

        // Without an overlap the old one ends at once; with the next rotation the one before.
        var third = (await SendAsync(HttpMethod.Post, Keys + "/backend/rotate", """{"overlap_seconds":0}""")).Text("key");
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.OK], [await UseAsync(second.Text("key")), await UseAsync(third)]);
        var fourth = (await SendAsync(HttpMethod.Post, Keys + "/backend/rotate", "")).Text("key");
        var fifth = (await SendAsync(HttpMethod.Post, Keys + "/backend/rotate", """{"expires":"2027-01-31T00:00:00Z"}""")).Text("key");
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.OK], [await UseAsync(third), await UseAsync(fourth), await UseAsync(fifth)]);
        Assert.Equal(["backend", "backend-old"], (await SendAsync(HttpMethod.Get, Keys)).Json.GetProperty("keys").EnumerateArray().Select(static one => one.GetProperty("name").GetString()));
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, Keys + "/backend-old")).Status);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.OK], [await UseAsync(fourth), await UseAsync(fifth)]);
    }

    [Fact]
    public async Task AKeyIsNotToldAgainWhateverTheRequestIsCalled()
    {
        const string Body = """{"name":"backend","roles":["publisher"]}""";
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, Keys, Body, "same")).Status);
        var again = await SendAsync(HttpMethod.Post, Keys, Body, "same");
        Assert.Equal((HttpStatusCode.Conflict, "key_exists"), (again.Status, again.Text("error")));
    }

    [Theory]
    [InlineData("", "invalid_api_key")]
    [InlineData("[]", "invalid_api_key")]
    [InlineData("null", "invalid_api_key")]
    [InlineData("{}", "invalid_api_key")]
    [InlineData("""{"name":null}""", "invalid_api_key")]
    [InlineData("""{"name":"a","role":"user"}""", "invalid_api_key")]
    [InlineData("""{"name":"a","expires":"soon"}""", "invalid_api_key")]
    [InlineData("""{"name":"a-old","roles":["user"]}""", "invalid_api_key")]
    [InlineData("""{"name":"","roles":["user"]}""", "invalid_tenant")]
    [InlineData("""{"name":"a","roles":["root"]}""", "invalid_tenant")]
    [InlineData("""{"name":"a","roles":["user"],"scopes":["two words"]}""", "invalid_tenant")]
    public async Task WhatIsNoKeyIsRefused(string body, string error)
    {
        var refused = await SendAsync(HttpMethod.Post, Keys, body);
        Assert.Equal((HttpStatusCode.BadRequest, error), (refused.Status, refused.Text("error")));
        Assert.Equal(0, (await SendAsync(HttpMethod.Get, Keys)).Json.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task KeysWithoutEndAndKeysOfTenantsThatAreNotStoredAreRefused()
    {
        Answer answer;
        var made = 0;
        while ((answer = await SendAsync(HttpMethod.Post, Keys, $$"""{"name":"key{{made}}","roles":["publisher"]}""")).Status == HttpStatusCode.OK) Assert.True(made++ < 200);
        Assert.Equal("tenant_too_big", answer.Text("error"));
        Assert.Equal("tenant_in_settings", (await SendAsync(HttpMethod.Post, "/api/v1/tenants/settings/keys", """{"name":"a"}""")).Text("error"));
        Assert.Equal("tenant_not_found", (await SendAsync(HttpMethod.Post, "/api/v1/tenants/nobody/keys", """{"name":"a"}""")).Text("error"));
        Assert.Equal("tenant_not_found", (await SendAsync(HttpMethod.Get, "/api/v1/tenants/nobody/keys")).Text("error"));
        Assert.Equal("invalid_api_key", (await SendAsync(HttpMethod.Post, Keys + "/key0/rotate", """{"overlap_seconds":-1}""")).Text("error"));
        Assert.Equal("key_not_found", (await SendAsync(HttpMethod.Post, Keys + "/nobody/rotate", "{}")).Text("error"));
        Assert.Equal("key_too_big", (await SendAsync(HttpMethod.Post, Keys, new string(' ', 4097))).Text("error"));
    }

    private async Task<HttpStatusCode> UseAsync(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/users");
        request.Headers.Authorization = new("Bearer", key);
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }

    private async Task<Answer> SendAsync(HttpMethod method, string path, string? json = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AuthRelay.Key("root"));
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request);
        return new(response.StatusCode, response.StatusCode == HttpStatusCode.NoContent ? default : await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    private sealed record Answer(HttpStatusCode Status, JsonElement Json)
    {
        public string Text(string member) => Json.GetProperty(member).GetString()!;
    }
}
