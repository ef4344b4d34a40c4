using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;

namespace Relay.Tests.Gateway.Auth;

/// <summary>An issuer's key set on a free port of the loopback interface.</summary>
internal sealed class KeySetServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _asked;

    private KeySetServer(WebApplication app) => _app = app;

    /// <summary>What it answers.</summary>
    public string Body { get; set; } = "{\"keys\":[]}";

    public int Status { get; set; } = 200;

    public string? Location { get; set; }

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public string Url => _app.Urls.First() + "/keys";

    public static async Task<KeySetServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var server = new KeySetServer(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>A set with the RSA key of a mint under these ids, and things in it that are no keys for this.</summary>
    public static string SetOf(TokenMint mint, params string[] ids)
    {
        var (n, e) = (Base64UrlEncoder.Encode(mint.RsaParameters.Modulus), Base64UrlEncoder.Encode(mint.RsaParameters.Exponent));
        var keys = ids.Select(id => $$"""{"kty":"RSA","use":"sig","alg":"RS256","kid":"{{id}}","n":"{{n}}","e":"{{e}}"}""");
        return $$"""
            {"keys":[
              {"kty":"oct","kid":"secret","k":"{{Base64UrlEncoder.Encode(TokenMint.Secret)}}","alg":"HS256"},
              {"kty":"RSA","use":"enc","kid":"encryption","n":"{{n}}","e":"{{e}}"},
              {"kty":"RSA","kid":"short","n":"AQAB","e":"AQAB"},
              {"kty":"EC","crv":"P-256","kid":"off the curve","x":"AQAB","y":"AQAB"},
              {"kty":"EC"}, 7,
              {{string.Join(',', keys)}}
            ]}
            """;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        context.Response.StatusCode = Status;
        if (Location is not null) context.Response.Headers.Location = Location;
        return context.Response.WriteAsync(Body);
    }
}
