using System.Text;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Tests.Agent.Proxy;

public class ProxyRequestTests
{
    [Theory]
    [InlineData("CONNECT example.com:443 HTTP/1.1", "example.com:443")]
    [InlineData("CONNECT example.com:443 HTTP/1.0", "example.com:443")]
    [InlineData("CONNECT EXAMPLE.com.:443 HTTP/1.1", "example.com:443")]
    [InlineData("CONNECT [::1]:443 HTTP/1.1", "[::1]:443")]
    [InlineData("CONNECT 127.0.0.1:1 HTTP/1.1", "127.0.0.1:1")]
    public void ConnectNamesATarget(string line, string target)
    {
        Assert.Null(Read(line + "\r\nHost: x\r\n\r\n", out var request));
        Assert.Equal(target, request!.Target.ToString());
        Assert.Null(request.Forward);
    }

    [Theory]
    [InlineData("CONNECT example.com HTTP/1.1", 400)]
    [InlineData("CONNECT example.com: HTTP/1.1", 400)]
    [InlineData("CONNECT example.com:65536 HTTP/1.1", 400)]
    [InlineData("CONNECT user@example.com:443 HTTP/1.1", 400)]
    [InlineData("CONNECT ::1:443 HTTP/1.1", 400)]
    [InlineData("CONNECT exam%50le.com:443 HTTP/1.1", 400)]
    [InlineData("CONNECT example.com:443 HTTP/2.0", 405)]
    [InlineData("CONNECT example.com:443", 405)]
    [InlineData("connect example.com:443 HTTP/1.1", 405)]
    [InlineData("CONNECT  example.com:443 HTTP/1.1", 405)]
    [InlineData("GET / HTTP/1.1", 405)]
    [InlineData("OPTIONS * HTTP/1.1", 405)]
    [InlineData("garbage", 405)]
    [InlineData("GET https://example.com/ HTTP/1.1", 400)]
    [InlineData("GET ftp://example.com/ HTTP/1.1", 400)]
    [InlineData("GET http://user:secret@example.com/ HTTP/1.1", 400)]
    [InlineData("GET http:///path HTTP/1.1", 400)]
    [InlineData("GET http://example.com:0/ HTTP/1.1", 400)]
    [InlineData("GET http://example.com:/ HTTP/1.1", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nno colon", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\n folded: x", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nSpace : x", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nX: a\nb", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nX: \0", 400)]
    public void WhatIsNoRequestOfAProxyHasItsStatus(string head, int status) => Assert.Equal(status, Read(head + "\r\n\r\n", out _)?.Status);

    [Theory]
    [InlineData("GET http://Example.com HTTP/1.1", "example.com:80", "GET / HTTP/1.1")]
    [InlineData("GET HTTP://example.com:8080/a%2Fb%C3?q=%7E#part HTTP/1.1", "example.com:8080", "GET /a%2Fb%C3?q=%7E HTTP/1.1")]
    [InlineData("GET http://example.com?q HTTP/1.0", "example.com:80", "GET /?q HTTP/1.0")]
    [InlineData("GET http://[::1]/ HTTP/1.1", "[::1]:80", "GET / HTTP/1.1")]
    [InlineData("GET http://[::1]:81/ HTTP/1.1", "[::1]:81", "GET / HTTP/1.1")]
    [InlineData("OPTIONS http://example.com HTTP/1.1", "example.com:80", "OPTIONS * HTTP/1.1")]
    public void AnAbsoluteAddressBecomesOriginForm(string line, string target, string origin)
    {
        Assert.Null(Read(line + "\r\n\r\n", out var request));
        Assert.Equal(target, request!.Target.ToString());
        Assert.StartsWith(origin + "\r\nHost: ", Head(request));
    }

    [Fact]
    public void WhatIsForTheProxyGoesNoFurther()
    {
        Assert.Null(Read(
            "GET http://example.com:81/ HTTP/1.1\r\nhost: other\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nX-Kept: 2\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"
            + "Proxy-Authorization: Basic eDp5\r\nTE: trailers\r\nUpgrade: h2c\r\nAccept: */*\r\n\r\n",
            out var request));
        Assert.Equal("GET / HTTP/1.1\r\nHost: example.com:81\r\nX-Kept: 2\r\nAccept: */*\r\nVia: 1.1 relay-agent\r\nConnection: close\r\n\r\n", Head(request!));
    }

    [Fact]
    public void ConnectionCannotTakeAwayWhereTheBodyEnds()
    {
        Assert.Null(Read("POST http://a/ HTTP/1.1\r\nConnection: content-length\r\nContent-Length: 3\r\n\r\n", out var request));
        Assert.Contains("Content-Length: 3\r\n", Head(request!));
        Assert.Equal(3, request!.Forward!.Body.Take("abcd"u8));
    }

    [Fact]
    public void AnUpgradeIsAskedForAtTheOrigin()
    {
        Assert.Null(Read("GET http://a/chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n", out var request));
        Assert.Contains("Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", Head(request!));
        Assert.Equal(5, request!.Forward!.Body.Take("bytes"u8));
    }

    [Theory]
    [InlineData("Content-Length: 1\r\nContent-Length: 1")]
    [InlineData("Content-Length: +1")]
    [InlineData("Content-Length: 1, 1")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length: 1\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: gzip, chunked")]
    [InlineData("Transfer-Encoding: identity")]
    public void ABodyThatCouldEndInTwoPlacesIsRefused(string headers) => Assert.Equal(400, Read($"POST http://a/ HTTP/1.1\r\n{headers}\r\n\r\n", out _)?.Status);

    [Fact]
    public void CredentialsAreAskedForAndCompared()
    {
        var credentials = Credentials.TryParse("ann:pass:word")!;
        var right = Convert.ToBase64String("ann:pass:word"u8);
        foreach (var (header, status) in new (string, int?)[]
        {
            ("", 407), ($"Proxy-Authorization: Basic {right}\r\n", null), ($"proxy-authorization: basic  {right}\r\n", null), ("Proxy-Authorization: Basic YW5uOng=\r\n", 407),
            ("Proxy-Authorization: Basic %%%\r\n", 407), ($"Proxy-Authorization: Bearer {right}\r\n", 407),
            ($"Proxy-Authorization: Basic {right}\r\nProxy-Authorization: Basic {right}\r\n", 407),
        })
            Assert.Equal(status, ProxyRequest.TryRead(Encoding.ASCII.GetBytes($"CONNECT a:1 HTTP/1.1\r\n{header}\r\n"), credentials, out _)?.Status);
        foreach (var wrong in (string[])["", "ann", ":x", "ann:", "a\n:b", $"{new string('a', 256)}:b"]) Assert.Null(Credentials.TryParse(wrong));
    }

    private static Fault? Read(string head, out ProxyRequest? request) => ProxyRequest.TryRead(Encoding.Latin1.GetBytes(head), null, out request);

    private static string Head(ProxyRequest request) => Encoding.Latin1.GetString(request.Forward!.Head);
}
