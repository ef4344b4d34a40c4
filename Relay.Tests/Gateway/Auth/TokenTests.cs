using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Auth;

/// <summary><c>auth.mode: token</c> as its users see it: who one is, what for, and where the token stands.</summary>
public class TokenTests(AuthRelay server) : IClassFixture<AuthRelay>
{
    [Fact]
    public async Task TheTokenSaysWhoItIsAndWhoseWhateverElseIsSaid()
    {
        var client = await server.Relay.ConnectAsync("/ws?user_id=mallory&access_token=" + server.A.Token("https://a.example"));
        Assert.Equal("alice", (await client.ReceiveJsonAsync("welcome")).GetProperty("user_id").GetString());

        // The same name in another tenant is another user: none of the two hubs counts the other's connection.
        var other = await server.Relay.ConnectAsync("/ws?access_token=" + server.B.Token("https://b.example"));
        Assert.Equal(1, (await other.ReceiveJsonAsync("welcome")).GetProperty("client_count").GetInt32());
    }

    [Fact]
    public async Task TheTokenMayStandInAHeaderTheQueryOrASubprotocol()
    {
        var token = server.A.Token("https://a.example", subject: "places");
        var header = await server.Relay.ConnectAsync("/ws", ("Authorization", "bearer " + token));
        var query = await server.Relay.ConnectAsync("/t/a/ws?access_token=" + token);
        var subprotocol = await server.Relay.ConnectAsync("/ws", ("Sec-WebSocket-Protocol", "relay.v1, bearer." + token));
        foreach (var client in (RawWebSocketClient[])[header, query, subprotocol]) await client.ReceiveJsonAsync("welcome");
        Assert.Equal("relay.v1", subprotocol.Headers["Sec-WebSocket-Protocol"]);
    }

    [Fact]
    public async Task WithoutATokenNothingIsToldOfTenants()
    {
        foreach (var target in (string[])["/ws", "/t/a/ws", "/t/nobody/ws", "/rooms/x", "/nodes", "/tunnel", "/introduction/alice"])
        {
            var client = await server.Relay.TryConnectAsync(target);
            Assert.Equal((401, "Bearer"), (client.Status, client.Headers["WWW-Authenticate"]));
        }

        foreach (var target in (string[])["/v1/models", "/t/a/v1/models", "/t/nobody/v1/models", "/api/v1/users", "/t/nobody/api/v1/users"])
            Assert.Equal((HttpStatusCode.Unauthorized, "unauthenticated"), await server.AskAsync(null, target));
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(null, "/healthz/live"));
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(null, "/"));
    }

    [Theory]
    [InlineData("user", "/v1/models")]
    [InlineData("publisher", "/api/v1/users")]
    [InlineData("operator", "/api/v1/users")]
    public async Task ARoleIsForWhatItIsFor(string role, string target)
    {
        foreach (var (other, path) in ((string, string)[])[("user", "/v1/models"), ("publisher", "/api/v1/users"), ("operator", "/api/v1/users"), ("node", ""), ("tunnel", "")])
        {
            var fits = target == path && (role == other || path.StartsWith("/api", StringComparison.Ordinal));
            var token = server.A.Token("https://a.example", claims: $",\"relay_roles\":[\"{other}\"]");
            Assert.Equal(fits ? (HttpStatusCode.OK, null) : (HttpStatusCode.Forbidden, "forbidden"), await server.AskAsync(token, target));
        }
    }

    [Theory]
    [InlineData("node", "/nodes")]
    [InlineData("tunnel", "/tunnel")]
    [InlineData("user", "/ws")]
    [InlineData("user", "/rooms/x")]
    [InlineData("user", "/introduction/alice")]
    [InlineData("user", "/connection/alice/bob/doc")]
    public async Task ASocketAsksForItsRole(string role, string target)
    {
        foreach (var other in (string[])["node", "tunnel", "user", "publisher", "operator", "root", "relay_operator"])
        {
            var token = server.A.Token("https://a.example", claims: $",\"relay_roles\":\"{other}\"");
            var client = await server.Relay.TryConnectAsync(target, ("Authorization", "Bearer " + token), ("Sec-WebSocket-Protocol", target == "/nodes" ? "relay.node.v1" : "relay.v1"));
            Assert.Equal(other == role ? 101 : 403, client.Status);
        }
    }

    [Fact]
    public async Task ATokenWithoutASubjectIsNoUser()
    {
        var token = server.A.Sign("""{"alg":"RS256","kid":"RS256"}""", $$"""{"iss":"https://a.example","aud":["x","relay"],"exp":{{TokenMint.Time(60)}}}""", "RS256");
        var client = await server.Relay.ConnectAsync("/ws?access_token=" + token);
        Assert.Equal(new ServerClose(4401, "missing_user_id"), await client.ReceiveCloseAsync());
        Assert.Equal(101, (await server.Relay.TryConnectAsync("/rooms/x?access_token=" + token)).Status);
    }

    [Fact]
    [Provokes(ErrorCode.Forbidden)]
    public async Task TheScopesOfATokenReachThePlugins()
    {
        var without = await server.Relay.ConnectAsync("/ws?access_token=" + server.A.Token("https://a.example", subject: "s1", claims: ",\"scope\":\"read vaults\""));
        var with = await server.Relay.ConnectAsync("/ws?access_token=" + server.A.Token("https://a.example", subject: "s2", claims: ",\"scope\":\"read vault\""));
        var listed = await server.Relay.ConnectAsync("/ws?access_token=" + server.A.Token("https://a.example", subject: "s3", claims: ",\"scp\":[\"vault\"]"));
        foreach (var client in (RawWebSocketClient[])[without, with, listed]) await client.ReceiveJsonAsync("welcome");
        Assert.Equal("forbidden", (await without.AskAsync("vault_open")).GetProperty("error").GetString());
        Assert.Equal("vault_opened", (await with.AskAsync("vault_open")).GetProperty("type").GetString());
        Assert.Equal("vault_opened", (await listed.AskAsync("vault_open")).GetProperty("type").GetString());
    }

    [Fact]
    public async Task APeerIsItsSubjectOrOneThatTheTokenDeclares()
    {
        var token = server.A.Token("https://a.example", claims: ",\"peers\":[\"alice-phone\"]");
        Assert.Equal(101, (await server.Relay.TryConnectAsync("/introduction/alice?access_token=" + token)).Status);
        Assert.Equal(101, (await server.Relay.TryConnectAsync("/introduction/alice-phone?access_token=" + token)).Status);
        var foreign = await server.Relay.ConnectAsync("/introduction/bob?access_token=" + token);
        Assert.Equal(new ServerClose(4403, "foreign_peer"), await foreign.ReceiveCloseAsync());
    }

    [Fact]
    public async Task AClaimNamesTheTenantWhereSeveralShareAnIssuer()
    {
        var mint = new TokenMint();
        var shared = AuthRelay.Auth("all", mint).Replace("audience:", "tenant_claim: org, audience:", StringComparison.Ordinal);
        shared = shared[..shared.IndexOf("api_keys", StringComparison.Ordinal)] + "}";
        await using var relay = await AuthRelay.StartAsync($"auth: {{ mode: token }}\ntenants:\n  one: {{ auth: {shared} }}\n  two: {{ auth: {shared} }}");
        var token = mint.Token("https://all.example", claims: ",\"org\":\"one\"");
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(token, "/t/one/v1/models", relay: relay));
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(token, "/v1/models", relay: relay));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong_tenant"), await server.AskAsync(token, "/t/two/v1/models", relay: relay));
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await server.AskAsync(mint.Token("https://all.example"), "/t/one/v1/models", relay: relay));
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await server.AskAsync(mint.Token("https://all.example", claims: ",\"org\":\"three\""), "/v1/models", relay: relay));
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await server.AskAsync(mint.Token("https://all.example", claims: ",\"org\":[\"one\",\"two\"]"), "/v1/models", relay: relay));
    }

    [Fact]
    public async Task WhereSeveralTenantsAreMeantNoneIs()
    {
        var mint = new TokenMint();
        var shared = AuthRelay.Auth("all", mint);
        await using var relay = await AuthRelay.StartAsync($"auth: {{ mode: token }}\ntenants:\n  one: {{ auth: {shared} }}");
        // The settings would be refused; of a stored tenant it is not known whether there is another one.
        var two = Loading.SettingsOf($"auth: {{ mode: token }}\ntenants:\n  two: {{ auth: {shared} }}").Tenants["two"];
        relay.Services.GetRequiredService<TenantDirectory>().TakeStored(new Dictionary<TenantId, RelayTenantOptions?> { [new("two")] = two });
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await server.AskAsync(mint.Token("https://all.example"), "/t/one/v1/models", relay: relay));
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await server.AskAsync(AuthRelay.Key("all backend"), "/t/one/api/v1/users", relay: relay));
    }
}
