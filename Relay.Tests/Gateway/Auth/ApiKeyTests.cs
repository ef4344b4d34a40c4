using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Settings;

namespace Relay.Tests.Gateway.Auth;

/// <summary>API keys: for back ends, nodes and tunnels, and for those who run the relay.</summary>
public class ApiKeyTests(AuthRelay server) : IClassFixture<AuthRelay>
{
    [Fact]
    public async Task AKeyIsItsTenantsAndForItsRole()
    {
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(AuthRelay.Key("a backend")));
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(AuthRelay.Key("a second"), "/t/a/api/v1/users"));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong_tenant"), await server.AskAsync(AuthRelay.Key("a backend"), "/t/b/api/v1/users"));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), await server.AskAsync(AuthRelay.Key("a backend"), "/v1/models"));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), await server.AskAsync(AuthRelay.Key("a backend"), "/api/v1/nodes/x/drain", "POST"));
        Assert.Equal((HttpStatusCode.NotFound, "node_not_found"), await server.AskAsync(AuthRelay.Key("a admin"), "/api/v1/nodes/x/drain", "DELETE"));
    }

    [Fact]
    public async Task AKeyWithAUserIdIsThatUserWithItsScopes()
    {
        var client = await server.Relay.ConnectAsync("/ws?access_token=" + AuthRelay.Key("a robot"));
        Assert.Equal("robot", (await client.ReceiveJsonAsync("welcome")).GetProperty("user_id").GetString());
        Assert.Equal("vault_opened", (await client.AskAsync("vault_open")).GetProperty("type").GetString());
    }

    [Fact]
    public async Task AnOperatorOfTheRelayIsOfNoTenantAndOperatesAll()
    {
        foreach (var tenant in (string[])["a", "b"])
            Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(AuthRelay.Key("root"), $"/t/{tenant}/api/v1/users"));
        Assert.Equal((HttpStatusCode.NotFound, "unknown_tenant"), await server.AskAsync(AuthRelay.Key("root"), "/t/nobody/api/v1/users"));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), await server.AskAsync(AuthRelay.Key("root"), "/t/a/v1/models"));
        Assert.Equal(403, (await server.Relay.TryConnectAsync("/t/a/ws?access_token=" + AuthRelay.Key("root"))).Status);
    }

    [Fact]
    public async Task AKeyThatIsTakenAwayIsWorthNothingAndItsSuccessorWorksBesideIt()
    {
        var yaml = $$"""
            auth: { mode: token }
            tenants: { a: { auth: { api_keys: { old: { hash: "{{AuthRelay.Hash("old")}}", roles: [publisher] }, new: { hash: "{{AuthRelay.Hash("new")}}", roles: [publisher] } } } } }
            """;
        await using var relay = await AuthRelay.StartAsync(yaml);
        foreach (var name in (string[])["old", "new"]) Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(AuthRelay.Key(name), relay: relay));

        relay.Services.GetRequiredService<TenantDirectory>().Take(Loading.SettingsOf(yaml.Replace(AuthRelay.Hash("old"), AuthRelay.Hash("other"), StringComparison.Ordinal)));

        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await server.AskAsync(AuthRelay.Key("old"), relay: relay));
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(AuthRelay.Key("new"), relay: relay));
    }

    [Fact]
    public async Task AnIssuerThatIsTrustedNoMoreIsAtOnce()
    {
        var mint = new TokenMint();
        var yaml = $"auth: {{ mode: token }}\ntenants: {{ a: {{ auth: {AuthRelay.Auth("a", mint)} }} }}";
        await using var relay = await AuthRelay.StartAsync(yaml);
        var token = mint.Token("https://a.example");
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(token, "/v1/models", relay: relay));

        relay.Services.GetRequiredService<TenantDirectory>().Take(Loading.SettingsOf($"auth: {{ mode: token }}\ntenants: {{ a: {{ auth: {AuthRelay.Auth("a", new())} }} }}"));

        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await server.AskAsync(token, "/v1/models", relay: relay));
    }

    [Theory]
    [InlineData("auth: { mode: token, issuer: us }", "auth.audience: is needed with auth.issuer")]
    [InlineData("auth: { mode: token, keys: { k: { secret: too-short } } }", "auth.keys.NAME.secret: of k is too short: at least 32 bytes")]
    [InlineData("auth: { mode: token, issuer: us, audience: [r], keys: { k: { public_key: x } } }", "auth.keys.k.public_key: must be a public key as PEM")]
    [InlineData("auth: { mode: token, jwks_url: 'http://example.com/keys' }", "auth.jwks_url: must be an https URL")]
    [InlineData("auth: { mode: token, jwks_url: 'https://example.com/keys' }", "auth.issuer: is needed with auth.keys and auth.jwks_url")]
    [InlineData("auth: { api_keys: { k: { roles: [king] } } }", "auth.api_keys.k.roles: each item must be user, node, tunnel, publisher or operator")]
    [InlineData("auth: { api_keys: { k: { hash: abc, roles: [user] } } }", "auth.api_keys.NAME.hash: of k is missing, or is not what relay-agent token key prints as hash")]
    [InlineData("tenants: { a: { auth: { api_keys: { k: { hash: abc, roles: [user] } } } } }", "tenants.a.auth.api_keys.NAME.hash: of k is missing")]
    [InlineData("auth: { api_keys: { k: { roles: [user] } } }", "auth.api_keys.NAME.hash: of k is missing")]
    [InlineData("tenants: { a: { auth: { mode: token } } }", "auth.mode is the same for every tenant")]
    [InlineData("tenants: { a: { auth: { operators: { k: { hash: '' } } } } }", "is the same for every tenant")]
    public void AWrongSettingIsAFault(string yaml, string fault) => Assert.Contains(Loading.FaultsOf(yaml), each => each.Contains(fault, StringComparison.Ordinal));

    [Theory]
    [InlineData("auth: { keys: { k: { secret: hunter2 } } }")]
    [InlineData("auth: { api_keys: { k: { hash: relay_hunter2 } } }")]
    [InlineData("tenants: { a: { auth: { api_keys: { k: { hash: relay_hunter2 } } } } }")]
    public void AFaultNeverQuotesASecret(string yaml) =>
        Assert.DoesNotContain(Loading.FaultsOf(yaml), static each => each.Contains("hunter2", StringComparison.Ordinal));
}
