using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Tenants;

/// <summary><c>/api/v1/tenants</c>, on a relay whose settings name one tenant.</summary>
public sealed class TenantsApiTests : IAsyncLifetime
{
    private const string Tenants = "/api/v1/tenants";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-tenants-");
    private RelayServer _relay = null!;
    private HttpClient _http = null!;

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _relay.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task ATenantIsThereFromItsAnswerOnAndGoneWithItsRemoval()
    {
        Assert.Equal(404, (await _relay.TryConnectAsync("/t/acme/rooms/x")).Status);
        var made = await PutAsync("acme", """{"server":{"allowed_origins":["https://acme.example"]}}""");
        Assert.Equal((HttpStatusCode.OK, "acme", "api", 1), (made.Status, made.Text("name"), made.Text("source"), made.Json.GetProperty("version").GetInt32()));
        Assert.Equal("[https://acme.example]", made.Json.GetProperty("settings").GetProperty("server.allowed_origins").GetString());
        var socket = await _relay.ConnectAsync("/t/acme/rooms/x", ("Origin", "https://acme.example"));
        Assert.Equal(403, (await _relay.TryConnectAsync("/t/settings/rooms/x", ("Origin", "https://acme.example"))).Status);

        Assert.Equal(HttpStatusCode.NoContent, (await _http.DeleteAsync($"{Tenants}/acme")).StatusCode);
        Assert.Equal(4403, (await socket.ReceiveCloseAsync()).Code);
        Assert.Equal(404, (await _relay.TryConnectAsync("/t/acme/rooms/x")).Status);
        Assert.Equal("tenant_not_found", (await SendAsync(HttpMethod.Delete, "/acme")).Text("error"));
    }

    [Fact]
    public async Task SuspendingClosesWhatIsOpenAndResumingLetsItBack()
    {
        await PutAsync("a/ü %", """{"tunnel_allow":["example.com:443"]}""");
        var path = "/t/" + Uri.EscapeDataString("a/ü %") + "/rooms/x";
        var socket = await _relay.ConnectAsync(path);
        var suspended = await SendAsync(HttpMethod.Post, "/" + Uri.EscapeDataString("a/ü %") + "/suspend");
        Assert.True(suspended.Json.GetProperty("suspended").GetBoolean());
        Assert.Equal("example.com:443", suspended.Json.GetProperty("document").GetProperty("tunnel_allow")[0].GetString());
        Assert.Equal(4403, (await socket.ReceiveCloseAsync()).Code);
        Assert.False((await SendAsync(HttpMethod.Post, "/" + Uri.EscapeDataString("a/ü %") + "/resume")).Json.GetProperty("suspended").GetBoolean());
        await (await _relay.ConnectAsync(path)).SendCloseAsync(1000);
    }

    [Fact]
    public async Task WhatIsStoredIsThereAfterARestart()
    {
        await PutAsync("acme", """{"suspended":true}""");
        await _relay.DisposeAsync();
        _http.Dispose();
        await StartAsync();
        Assert.True((await SendAsync(HttpMethod.Get, "/acme")).Json.GetProperty("suspended").GetBoolean());
        Assert.Equal(4403, (await (await _relay.ConnectAsync("/t/acme/rooms/x")).ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task SecretsAreNotShown()
    {
        const string Secret = "0123456789abcdef0123456789abcdef";
        var made = await PutAsync("a", """{"auth":{"issuer":"https://a.example","audience":["relay"],"keys":{"k1":{"secret":"SECRET"}}},"webhooks":{"secret":"SECRET"}}""".Replace("SECRET", Secret, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, made.Status);
        Assert.DoesNotContain(Secret, made.Json.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("(set)", made.Json.GetProperty("document").GetProperty("auth").GetProperty("keys").GetProperty("k1").GetProperty("secret").GetString());
        Assert.DoesNotContain(Secret, await _http.GetStringAsync($"{Tenants}/a"), StringComparison.Ordinal);

        // What was shown is not what may be given back: it would become the secret.
        var back = await PutAsync("a", made.Json.GetProperty("document").GetRawText());
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_tenant"), (back.Status, back.Text("error")));
        Assert.Contains("auth.keys.k1.secret", back.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheListHoldsThoseOfTheSettingsToo()
    {
        await PutAsync("b", "{}");
        await PutAsync("a", "{}");
        Assert.Equal(
            """{"total":3,"tenants":[{"name":"a","source":"api","suspended":false},{"name":"b","source":"api","suspended":false}],"next":"b"}""",
            await _http.GetStringAsync($"{Tenants}?limit=2"));
        Assert.Equal(
            """{"total":3,"tenants":[{"name":"settings","source":"settings","suspended":false}],"next":null}""",
            await _http.GetStringAsync($"{Tenants}?after=b"));
    }

    [Fact]
    public async Task TheSettingsTenantsAreNotChangedHere()
    {
        foreach (var answer in new[] { await PutAsync("settings", "{}"), await SendAsync(HttpMethod.Delete, "/settings"), await SendAsync(HttpMethod.Post, "/settings/suspend") })
            Assert.Equal((HttpStatusCode.Conflict, "tenant_in_settings"), (answer.Status, answer.Text("error")));
        var shown = await SendAsync(HttpMethod.Get, "/settings");
        Assert.Equal(("settings", JsonValueKind.Null), (shown.Text("source"), shown.Json.GetProperty("document").ValueKind));
    }

    [Fact]
    public async Task OneOfTwoWritersForTheSameVersionIsRefused()
    {
        Assert.Equal(HttpStatusCode.OK, (await PutAsync("a", "{}", "?expected_version=0")).Status);
        Assert.Equal((HttpStatusCode.Conflict, "tenant_conflict"), (await PutAsync("a", "{}", "?expected_version=0")) is var late ? (late.Status, late.Text("error")) : default);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync("a", "{}", "?expected_version=1")).Status);
        Assert.Equal("invalid_version", (await PutAsync("a", "{}", "?expected_version=x")).Text("error"));
    }

    [Theory]
    [InlineData("[]", "a tenant is a JSON object")]
    [InlineData("{", "is not a JSON object of at most 16 levels")]
    [InlineData("""{"suspended":true,"suspended":false}""", "without duplicate members")]
    [InlineData("""{"suspended":"perhaps"}""", "suspended: must be true or false")]
    [InlineData("""{"suspend":true}""", "suspend: unknown key")]
    [InlineData("""{"server":{"port":1}}""", "server.port: server.port is the same for every tenant")]
    [InlineData("""{"server":{"allowed_origins":["x"]},"tunnel_allow":["nowhere"]}""", "server.allowed_origins: each item must be an origin such as https://app.example.com, or *, not \"x\"; tunnel_allow: each item")]
    [InlineData("""{"tunnel_allow":[["a"]]}""", "a list may hold plain values only")]
    [InlineData("""{"tunnel_allow":["\ud800"]}""", "is not a JSON object")]
    public async Task AFaultyDocumentIsRefusedWithEveryFault(string json, string fault)
    {
        var answer = await PutAsync("a", json);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_tenant"), (answer.Status, answer.Text("error")));
        Assert.Contains(fault, answer.Text("message"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "/a")).Status);
    }

    [Fact]
    public async Task ALongDocumentAndAnOverlongNameAreRefused()
    {
        Assert.Equal("tenant_too_big", (await PutAsync("a", "{\"x\":\"" + new string('x', 8192) + "\"}")).Text("error"));
        Assert.Equal("bad_tenant", (await PutAsync(new string('n', 257), "{}")).Text("error"));
    }

    private async Task StartAsync()
    {
        _relay = await RelayServer.StartAsync(settings => settings with
        {
            Tenants = RelaySettings.NoTenants.Add("settings", new()),
            Storage = new() { Sqlite = new() { Path = Path.Combine(_folder.FullName, "relay.db") } },
        });
        _http = new() { BaseAddress = _relay.Url };
    }

    private Task<Answer> PutAsync(string name, string json, string query = "") => SendAsync(HttpMethod.Put, "/" + Uri.EscapeDataString(name) + query, json);

    private async Task<Answer> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, Tenants + path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request);
        return new(response.StatusCode, response.Content.Headers.ContentLength == 0 || response.StatusCode == HttpStatusCode.NoContent ? default : await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    private sealed record Answer(HttpStatusCode Status, JsonElement Json)
    {
        public string Text(string member) => Json.GetProperty(member).GetString()!;
    }
}
