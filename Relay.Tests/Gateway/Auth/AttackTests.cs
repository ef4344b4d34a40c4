using System.Net;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Auth;

/// <summary>Tokens that somebody would like the relay to believe. Each is one line; none learns why it was refused.</summary>
public class AttackTests(AuthRelay server) : IClassFixture<AuthRelay>
{
    private const string Header = """{"alg":"RS256","typ":"JWT","kid":"RS256"}""";

    public static TheoryData<string> Attacks => [.. All.Keys];

    private static Dictionary<string, Func<TokenMint, TokenMint, string>> All { get; } = new()
    {
        ["no algorithm"] = static (a, _) => a.Sign("""{"alg":"none","typ":"JWT"}""", Claims(), "none"),
        ["no algorithm, in other letters"] = static (a, _) => a.Sign("""{"alg":"nOnE","typ":"JWT","kid":"RS256"}""", Claims(), "none"),
        ["no signature"] = static (a, _) => a.Token("https://a.example")[..(a.Token("https://a.example").LastIndexOf('.') + 1)],
        ["the public key as a secret"] = static (a, _) => a.Sign("""{"alg":"HS256","typ":"JWT","kid":"RS256"}""", Claims(), "HS256 with the public key"),
        ["a secret's algorithm with a public key's id"] = static (a, _) => a.Sign("""{"alg":"HS256","typ":"JWT","kid":"ES256"}""", Claims(), "HS256"),
        ["another algorithm of the same key"] = static (a, _) => a.Sign("""{"alg":"PS256","typ":"JWT","kid":"RS256"}""", Claims(), "PS256"),
        ["wrong issuer"] = static (a, _) => a.Token("https://c.example"),
        ["issuer with a slash more"] = static (a, _) => a.Token("https://a.example/"),
        ["issuer twice"] = static (a, _) => a.Sign(Header, """{"iss":"https://b.example",""" + Claims()[1..], "RS256"),
        ["wrong audience"] = static (a, _) => a.Sign(Header, Claims(audience: "\"other\""), "RS256"),
        ["no audience"] = static (a, _) => a.Sign(Header, Claims(audience: "[]"), "RS256"),
        ["not yet valid"] = static (a, _) => a.Token("https://a.example", claims: $",\"nbf\":{TokenMint.Time(600)}"),
        ["no end"] = static (a, _) => a.Sign(Header, """{"iss":"https://a.example","aud":"relay","sub":"alice"}""", "RS256"),
        ["an end that is no number"] = static (a, _) => a.Sign(Header, """{"iss":"https://a.example","aud":"relay","sub":"alice","exp":"never"}""", "RS256"),
        ["unknown key id"] = static (a, _) => a.Token("https://a.example", kid: "RS257"),
        ["no key id where there are several keys"] = static (a, _) => a.Sign("""{"alg":"RS256"}""", Claims(), "RS256"),
        ["a key id that is no text"] = static (a, _) => a.Sign("""{"alg":"RS256","kid":["RS256"]}""", Claims(), "RS256"),
        ["A's issuer with B's key"] = static (_, b) => b.Token("https://a.example"),
        ["B's issuer with A's key"] = static (a, _) => a.Token("https://b.example"),
        ["a key set of the token's own"] = static (a, b) => b.Sign("""{"alg":"RS256","kid":"mine","jku":"http://127.0.0.1:1/keys"}""", Claims(), "RS256"),
        ["a key of the token's own"] = static (a, b) => b.Sign("""{"alg":"RS256","kid":"mine","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}""", Claims(), "RS256"),
        ["a key set in a claim"] = static (_, b) => b.Token("https://a.example", claims: ",\"jwks_uri\":\"http://127.0.0.1:1/keys\"", kid: "mine"),
        ["what the relay must understand and does not"] = static (a, _) => a.Sign("""{"alg":"RS256","kid":"RS256","crit":["b64"],"b64":false}""", Claims(), "RS256"),
        ["a token for a logout"] = static (a, _) => a.Sign("""{"alg":"RS256","kid":"RS256","typ":"logout+jwt"}""", Claims(), "RS256"),
        ["a subject with U+0000"] = static (a, _) => a.Token("https://a.example", subject: "ali\\u0000ce"),
        ["a subject of 257 bytes"] = static (a, _) => a.Token("https://a.example", subject: new string('x', 257)),
        ["a subject that is no text"] = static (a, _) => a.Sign(Header, Claims().Replace("\"alice\"", "7", StringComparison.Ordinal), "RS256"),
        ["a changed payload"] = static (a, _) => Swap(a.Token("https://a.example"), TokenMint.Encode(Claims().Replace("alice", "admin", StringComparison.Ordinal))),
        ["four parts"] = static (a, _) => a.Token("https://a.example") + ".AAAA",
        ["five parts"] = static (a, _) => a.Token("https://a.example") + ".AAAA.AAAA",
        ["a good token with padding"] = static (a, _) => a.Token("https://a.example") + "==",
        ["no JSON"] = static (_, _) => "AAAA.BBBB.CCCC",
        ["no base64"] = static (a, _) => "a+b/." + a.Token("https://a.example"),
        ["JSON without an end"] = static (a, _) => a.Sign("""{"alg":"RS256","kid":"RS256" """, Claims(), "RS256"),
        ["JSON that nests without end"] = static (a, _) => a.Token("https://a.example", claims: ",\"metadata\":" + new string('[', 500) + new string(']', 500)),
        ["a key that is none"] = static (_, _) => "relay_00000000_" + new string('0', 43),
        ["a key's visible part alone"] = static (_, _) => AuthRelay.Key("a backend")[..14],
        ["a key's hash"] = static (_, _) => AuthRelay.Hash("a backend")[15..],
        ["a key that ended"] = static (_, _) => AuthRelay.Key("a past"),
        ["nothing"] = static (_, _) => "x",
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task ABadTokenIsRefusedAndNothingIsTold(string attack)
    {
        var token = All[attack](server.A, server.B);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await server.AskAsync(token, "/v1/models"));
        var socket = await server.Relay.TryConnectAsync("/ws?access_token=" + Uri.EscapeDataString(token));
        Assert.Equal(401, socket.Status);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    [InlineData("HS256")]
    public async Task TheSameTokenWithoutTheAttackIsGood(string algorithm)
    {
        var token = server.A.Token("https://a.example", algorithm: algorithm);
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(token, "/v1/models"));
        Assert.Equal((HttpStatusCode.OK, null), await server.AskAsync(token, "/t/a/v1/models"));
    }

    [Theory]
    [InlineData("/t/b/v1/models")]
    [InlineData("/t/nobody/v1/models")]
    [InlineData("/t/A/v1/models")]
    [InlineData("/t/a%20/v1/models")]
    [InlineData("/t/%C3%A0/v1/models")]
    public async Task ThePathCannotPickAnotherTenant(string target) =>
        Assert.Equal((HttpStatusCode.Forbidden, "wrong_tenant"), await server.AskAsync(server.A.Token("https://a.example"), target));

    [Theory]
    [InlineData("/t/a%2Fb/v1/models", 403)]
    [InlineData("/t/a%2F..%2Fb/v1/models", 403)]
    [InlineData("/t/a/t/b/v1/models", 404)]
    [InlineData("/t/%61/v1/models", 200)]
    [InlineData("/t/%2561/v1/models", 403)]
    [InlineData("/t/a%00/v1/models", 400)]
    [InlineData("/t/a%/v1/models", 400)]
    [InlineData("/t//v1/models", 400)]
    public async Task SeparatorsAndEscapesSmuggleNoTenant(string target, int status)
    {
        var client = await server.Relay.TryConnectAsync(target, ("Authorization", "Bearer " + server.A.Token("https://a.example")));
        Assert.Equal(status, client.Status);
    }

    [Fact]
    public async Task ATokenOfAnHourAgoIsToldThatItRanOut()
    {
        var token = server.A.Token("https://a.example", expires: -3600);
        Assert.Equal((HttpStatusCode.Unauthorized, "token_expired"), await server.AskAsync(token, "/v1/models"));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong_tenant"), await server.AskAsync(token, "/t/b/v1/models"));
        var socket = await server.Relay.ConnectAsync("/ws?access_token=" + token);
        Assert.Equal(new ServerClose(4401, "token_expired"), await socket.ReceiveCloseAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic YWxpY2U6c2VjcmV0")]
    [InlineData("Bearer a Bearer b")]
    public async Task AnAuthorizationThatIsNoneIsRefused(string header) =>
        Assert.InRange((await server.Relay.TryConnectAsync("/v1/models", ("Authorization", header))).Status, 400, 401);

    [Fact]
    public async Task TwoCredentialsAreOneTooMany()
    {
        var token = server.A.Token("https://a.example");
        Assert.Equal(400, (await server.Relay.TryConnectAsync("/ws?access_token=" + token, ("Authorization", "Bearer " + token))).Status);
        Assert.Equal(400, (await server.Relay.TryConnectAsync($"/ws?access_token={token}&access_token={token}")).Status);
        Assert.Equal(400, (await server.Relay.TryConnectAsync("/ws?access_token=" + token, ("Sec-WebSocket-Protocol", "relay.v1, bearer." + token))).Status);
    }

    [Fact]
    public async Task AHeaderWithoutEndIsRefusedBeforeItIsRead()
    {
        Assert.Equal(400, (await server.Relay.TryConnectAsync("/ws", ("Authorization", "Bearer " + new string('x', 8193)))).Status);
        Assert.Equal(431, (await server.Relay.TryConnectAsync("/ws", ("Authorization", "Bearer " + new string('x', 40_000)))).Status);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1.evil.example")]
    public async Task AnotherSitesPageGetsNothingEvenWithAToken(string origin)
    {
        var token = server.A.Token("https://a.example");
        Assert.Equal(403, (await server.Relay.TryConnectAsync("/ws?access_token=" + token, ("Origin", origin))).Status);
    }

    private static string Claims(string audience = "\"relay\"") => $$"""{"iss":"https://a.example","aud":{{audience}},"sub":"alice","exp":{{TokenMint.Time(3600)}}}""";

    private static string Swap(string token, string payload) => $"{token.Split('.')[0]}.{payload}.{token.Split('.')[2]}";
}
