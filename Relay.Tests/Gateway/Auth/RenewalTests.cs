using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Errors;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Gateway.Settings;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Auth;

/// <summary>The end of what a live connection came with: it is told before, may bring a fresh token, and otherwise ends; and it ends when its key is taken away.</summary>
public class RenewalTests
{
    private const int Skew = 30;

    private readonly ManualTime _time = new();
    private readonly TokenMint _mint = new();

    private string Yaml => $"auth: {{ mode: token }}\ntenants: {{ a: {{ auth: {AuthRelay.Auth("a", _mint)} }} }}";

    [Fact]
    public async Task AConnectionIsToldBeforeItsTokenRunsOutAndEndsWithIt()
    {
        await using var relay = await AuthRelay.StartAsync(Yaml, _time);
        var client = await JoinAsync(relay, Token(120));
        _time.Advance(TimeSpan.FromSeconds(89));
        await client.ExpectUsableAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("""{"type":"expiring","data":{"expires_at":"2026-11-21T08:02:30Z"}}""", (await client.ReceiveJsonAsync("expiring")).GetRawText());
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("token_expired", (await client.ReceiveJsonAsync("error")).GetProperty("error").GetString());
        Assert.Equal(new ServerClose(4401, "token_expired"), await client.ReceiveCloseAsync());
    }

    [Fact]
    public async Task AFreshTokenMovesTheEnd()
    {
        await using var relay = await AuthRelay.StartAsync(Yaml, _time);
        var client = await JoinAsync(relay, Token(120));
        await client.SendTextAsync($$$"""{"type":"authenticate","request_id":"r","data":{"token":"{{{Token(600)}}}"}}""");
        await client.ExpectAsync("""{"type":"authenticated","request_id":"r","data":{"expires_at":"2026-11-21T08:10:30Z"}}""");
        _time.Advance(TimeSpan.FromSeconds(500));
        await client.ExpectUsableAsync();
        _time.Advance(TimeSpan.FromSeconds(80));
        await client.ReceiveJsonAsync("expiring");

        // To just behind the end: after the close timeout the connection would be cut before its goodbye is read.
        _time.Advance(TimeSpan.FromSeconds(51));
        Assert.Equal(new ServerClose(4401, "token_expired"), await client.ReceiveCloseAsync());
    }

    [Fact]
    [Provokes(ErrorCode.InvalidToken)]
    public async Task ATokenThatIsNotForThisConnectionChangesNothing()
    {
        await using var relay = await AuthRelay.StartAsync(Yaml, _time);
        var client = await JoinAsync(relay, Token(120));
        string[] bad =
        [
            Token(600, subject: "bob"), Token(600, claims: ",\"scope\":\"vault\""), Token(600, claims: ",\"relay_roles\":[\"node\"]"), Token(-600), Token(600)[..^3], "x", AuthRelay.Key("a robot"),
            AuthRelay.Key("a backend"),
        ];
        foreach (var token in bad)
        {
            var answer = await client.AskAsync("authenticate", "r", $"{{\"token\":\"{token}\"}}");
            Assert.Equal("invalid_token", answer.GetProperty("error").GetString());
        }

        foreach (var data in (string[])["null", "{}", "\"x\"", "{\"token\":7}", "[]"])
            Assert.Equal("invalid_token", (await client.AskAsync("authenticate", "r", data)).GetProperty("error").GetString());
        await client.ExpectUsableAsync();

        // Ten that were wrong are enough: a good one does not help any more.
        for (var i = 0; i < 2; i++) await client.AskAsync("authenticate", "r", "{\"token\":\"x\"}");
        Assert.Equal("invalid_token", (await client.AskAsync("authenticate", "r", $"{{\"token\":\"{Token(600)}\"}}")).GetProperty("error").GetString());
        _time.Advance(TimeSpan.FromSeconds(120 + Skew));
        Assert.Equal(new ServerClose(4401, "token_expired"), await client.ReceiveCloseAsync());
    }

    [Theory]
    [InlineData("/rooms/x", "user", "relay.v1")]
    [InlineData("/introduction/alice", "user", "relay.v1")]
    [InlineData("/connection/alice/bob/doc", "user", "relay.v1")]
    [InlineData("/nodes", "node", "relay.node.v1")]
    [InlineData("/tunnel", "tunnel", "relay.v1")]
    [InlineData("/tunnel", "tunnel", "relay.tunnel.v2")]
    public async Task EverySocketEndsWithItsToken(string target, string role, string subprotocol)
    {
        await using var relay = await AuthRelay.StartAsync(Yaml, _time);
        // Valid only by the clocks' difference, and so for 5 s.
        var token = Token(5 - Skew, claims: $",\"relay_roles\":[\"{role}\"]");
        var client = await relay.ConnectAsync(target, ("Authorization", "Bearer " + token), ("Sec-WebSocket-Protocol", subprotocol));

        // Who answers a ping is among those that are swept.
        await client.SendFrameAsync(Opcode.Ping, Array.Empty<byte>());
        Assert.Equal(Opcode.Pong, (await client.ReceiveAsync()).Opcode);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(new ServerClose(4401, "token_expired"), await client.ReceiveCloseAsync());
    }

    [Fact]
    public async Task WhatAKeyLetInEndsWhenTheKeyIsTakenAway()
    {
        await using var relay = await AuthRelay.StartAsync(Yaml, _time);
        var robot = await JoinAsync(relay, AuthRelay.Key("a robot"));
        var alice = await JoinAsync(relay, Token(600));
        var tunnel = await relay.ConnectAsync("/tunnel?access_token=" + AuthRelay.Key("a tunnel"), ("Sec-WebSocket-Protocol", "relay.tunnel.v2"));
        await tunnel.SendFrameAsync(Opcode.Ping, Array.Empty<byte>());
        await tunnel.ReceiveAsync();
        var directory = relay.Services.GetRequiredService<TenantDirectory>();

        directory.Take(Loading.SettingsOf(Yaml.Replace(AuthRelay.Hash("a robot"), AuthRelay.Hash("x"), StringComparison.Ordinal).Replace(AuthRelay.Hash("a tunnel"), AuthRelay.Hash("y"), StringComparison.Ordinal)));
        Assert.Equal(new ServerClose(4401, "token_expired"), await robot.ReceiveCloseAsync());
        Assert.Equal(new ServerClose(4401, "token_expired"), await tunnel.ReceiveCloseAsync());
        await alice.ExpectUsableAsync();

        // And with the issuer's key those that it signed for.
        directory.Take(Loading.SettingsOf($"auth: {{ mode: token }}\ntenants: {{ a: {{ auth: {AuthRelay.Auth("a", new())} }} }}"));
        Assert.Equal(new ServerClose(4401, "token_expired"), await alice.ReceiveCloseAsync());
    }

    [Fact]
    public async Task WhoHasBroughtATokenOfAnotherKeyStandsByThatOne()
    {
        await using var relay = await AuthRelay.StartAsync(Yaml, _time);
        var (renewed, other) = (await JoinAsync(relay, Token(600)), await JoinAsync(relay, Token(600)));
        await renewed.SendTextAsync($$$"""{"type":"authenticate","request_id":"r","data":{"token":"{{{Token(600, key: "ES256")}}}"}}""");
        await renewed.ReceiveJsonAsync("authenticated");
        var directory = relay.Services.GetRequiredService<TenantDirectory>();
        directory.Take(Loading.SettingsOf(Yaml.Replace(" RS256: {", " gone: {", StringComparison.Ordinal)));
        Assert.Equal(new ServerClose(4401, "token_expired"), await other.ReceiveCloseAsync());
        await renewed.ExpectUsableAsync();
        directory.Take(Loading.SettingsOf(Yaml.Replace(" ES256: {", " gone: {", StringComparison.Ordinal)));
        Assert.Equal(new ServerClose(4401, "token_expired"), await renewed.ReceiveCloseAsync());
    }

    private static async Task<RawWebSocketClient> JoinAsync(RelayServer relay, string credential)
    {
        var client = await relay.ConnectAsync("/ws?access_token=" + credential);
        await client.ReceiveJsonAsync("welcome");
        return client;
    }

    // By the test's clock alone.
    private string Token(int seconds, string subject = "alice", string claims = "", string key = "RS256") => _mint.Sign(
        $$"""{"alg":"{{key}}","typ":"JWT","kid":"{{key}}"}""",
        $$"""{"iss":"https://a.example","aud":"relay","sub":"{{subject}}","exp":{{_time.GetUtcNow().ToUnixTimeSeconds() + seconds}}{{claims}}}""",
        key);
}
