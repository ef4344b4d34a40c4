using System.Net;
using Relay.Tests.Gateway.Hub;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Auth;

/// <summary>Keys from an issuer's key set: fetched from where the settings say, as seldom as possible, and kept while it is away.</summary>
public class KeySetTests(AuthRelay asker) : IClassFixture<AuthRelay>
{
    private static readonly (HttpStatusCode, string?) Good = (HttpStatusCode.OK, null);
    private static readonly (HttpStatusCode, string?) Bad = (HttpStatusCode.Unauthorized, "invalid_token");

    private readonly ManualTime _time = new();
    private readonly TokenMint _mint = new();

    [Fact]
    public async Task AKeyOfTheSetIsTrustedAndNothingElseInIt()
    {
        await using var keys = await KeySetServer.StartAsync();
        keys.Body = KeySetServer.SetOf(_mint, "one");
        await using var relay = await StartAsync(keys);
        Assert.Equal(Good, await AskAsync(relay, Token("one")));
        foreach (var (id, algorithm) in ((string, string)[])[("secret", "HS256"), ("encryption", "RS256"), ("two", "RS256"), ("one", "HS256"), ("one", "PS256")])
            Assert.Equal(Bad, await AskAsync(relay, Token(id, algorithm)));
        Assert.Equal(1, keys.Asked);
    }

    [Fact]
    public async Task AnUnknownKeyIdHasTheSetFetchedButNotAgainAndAgain()
    {
        await using var keys = await KeySetServer.StartAsync();
        await using var relay = await StartAsync(keys);
        for (var i = 0; i < 20; i++) Assert.Equal(Bad, await AskAsync(relay, Token("made up " + i)));
        Assert.Equal(1, keys.Asked);

        keys.Body = KeySetServer.SetOf(_mint, "new");
        Assert.Equal(Bad, await AskAsync(relay, Token("new")));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(Good, await AskAsync(relay, Token("new")));
        Assert.Equal(2, keys.Asked);
    }

    [Fact]
    public async Task ManyWhoAskAtOnceHaveItFetchedOnce()
    {
        await using var keys = await KeySetServer.StartAsync();
        keys.Body = KeySetServer.SetOf(_mint, "one");
        await using var relay = await StartAsync(keys);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => AskAsync(relay, Token("one", subject: "user" + i))));
        Assert.All(answers, static answer => Assert.Equal(Good, answer));
        Assert.Equal(1, keys.Asked);
    }

    [Fact]
    public async Task AKeyThatLeftTheSetIsTrustedNoMore()
    {
        await using var keys = await KeySetServer.StartAsync();
        keys.Body = KeySetServer.SetOf(_mint, "old", "new");
        await using var relay = await StartAsync(keys);
        var old = Token("old");
        Assert.Equal(Good, await AskAsync(relay, old));

        keys.Body = KeySetServer.SetOf(_mint, "new");
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(Bad, await AskAsync(relay, Token("unknown")));
        Assert.Equal(Bad, await AskAsync(relay, old));
        Assert.Equal(Good, await AskAsync(relay, Token("new")));
    }

    [Fact]
    public async Task AKeyThatLeftTheSetTakesItsConnectionsAlongThoughNobodyAsks()
    {
        await using var keys = await KeySetServer.StartAsync();
        keys.Body = KeySetServer.SetOf(_mint, "old", "new");
        await using var relay = await StartAsync(keys, ", jwks_refresh: 10m");
        var (old, stays) = (await JoinAsync(relay, Token("old")), await JoinAsync(relay, Token("new")));
        await old.ExpectUsableAsync();

        keys.Body = KeySetServer.SetOf(_mint, "new");

        // Not a moment more: what is fetched by this clock would be late by it.
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(new ServerClose(4401, "token_expired"), await old.ReceiveCloseAsync());
        await stays.ExpectUsableAsync();
        Assert.Equal(2, keys.Asked);
    }

    [Fact]
    public async Task WhileTheSetIsAwayTheLastOneServesForADay()
    {
        await using var keys = await KeySetServer.StartAsync();
        keys.Body = KeySetServer.SetOf(_mint, "one");
        await using var relay = await StartAsync(keys);
        Assert.Equal(Good, await AskAsync(relay, Token("one")));

        keys.Status = 503;
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(Good, await AskAsync(relay, Token("one")));
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(Bad, await AskAsync(relay, Token("one")));
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData("{\"keys\":7}")]
    [InlineData("too long")]
    public async Task WhatIsNoKeySetIsNone(string body)
    {
        await using var keys = await KeySetServer.StartAsync();
        keys.Body = body == "too long" ? KeySetServer.SetOf(_mint, "one") + new string(' ', 256 * 1024) : body;
        await using var relay = await StartAsync(keys);
        Assert.Equal(Bad, await AskAsync(relay, Token("one")));
    }

    [Fact]
    public async Task AKeySetElsewhereIsNotFollowed()
    {
        await using var elsewhere = await KeySetServer.StartAsync();
        elsewhere.Body = KeySetServer.SetOf(_mint, "one");
        await using var keys = await KeySetServer.StartAsync();
        (keys.Status, keys.Location) = (302, elsewhere.Url);
        await using var relay = await StartAsync(keys);
        Assert.Equal(Bad, await AskAsync(relay, Token("one")));
        Assert.Equal(0, elsewhere.Asked);
    }

    private static async Task<RawWebSocketClient> JoinAsync(RelayServer relay, string token)
    {
        var client = await relay.ConnectAsync("/ws?access_token=" + token);
        await client.ReceiveJsonAsync("welcome");
        return client;
    }

    private Task<RelayServer> StartAsync(KeySetServer keys, string more = "") =>
        AuthRelay.StartAsync($$"""{ auth: { mode: token, issuer: "https://a.example", audience: [relay], jwks_url: "{{keys.Url}}"{{more}} }, tenants: { a: {} } }""", _time);

    private Task<(HttpStatusCode Status, string? Error)> AskAsync(RelayServer relay, string token) => asker.AskAsync(token, "/v1/models", relay: relay);

    private string Token(string kid, string algorithm = "RS256", string subject = "alice") =>
        _mint.Token("https://a.example", subject, algorithm: algorithm, kid: kid, expires: (int)(_time.GetUtcNow().ToUnixTimeSeconds() - TokenMint.Time(0)) + 90_000);
}
