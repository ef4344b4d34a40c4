using System.Text;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Tests.Agent.Proxy;

/// <summary>Where a request's body ends, and what a response's head becomes, in whatever pieces they come.</summary>
public class BodyTests
{
    private const string Chunked = "4\r\nWiki\r\n6;name=\"v\"\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n";

    [Fact]
    public void ChunksEndAtTheSamePlaceHoweverTheyAreSplit()
    {
        var bytes = Encoding.ASCII.GetBytes(Chunked + "GET http://next/ HTTP/1.1\r\n");
        for (var split = 0; split <= bytes.Length; split++)
        {
            var body = Body("Transfer-Encoding: chunked");
            var taken = body.Take(bytes.AsSpan(0, split));
            if (taken == split) taken += body.Take(bytes.AsSpan(split));
            Assert.Equal(Chunked.Length, taken);
            Assert.True(body.IsComplete);
            Assert.Equal(0, body.Take("more"u8));
        }
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("g\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("0x4\r\n")]
    [InlineData("4\nWiki")]
    [InlineData("4\r\nWikipedia")]
    [InlineData("4\r\nWiki\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("0\r\nTrailer\n\n")]
    public void BrokenChunksAreSeen(string chunks)
    {
        var body = Body("Transfer-Encoding: chunked");
        body.Take(Encoding.ASCII.GetBytes(chunks));
        Assert.True(body.IsBroken);
    }

    [Fact]
    public void ALineOfAChunkHasABound()
    {
        var body = Body("Transfer-Encoding: chunked");
        body.Take(Encoding.ASCII.GetBytes("1;" + new string('x', 10_000)));
        Assert.True(body.IsBroken);
    }

    [Fact]
    public void ALengthIsCounted()
    {
        var body = Body("Content-Length: 10");
        Assert.Equal(4, body.Take("0123"u8));
        Assert.False(body.IsComplete);
        Assert.Equal(6, body.Take("456789abc"u8));
        Assert.True(body.IsComplete);
        Assert.True(Body("Content-Length: 0").IsComplete);
        Assert.True(Body("Accept: x").IsComplete);
    }

    [Fact]
    public void AResponseEndsItsConnectionHoweverItIsSplit()
    {
        const string interim = "HTTP/1.1 100 Continue\r\n\r\n";
        const string head = "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 4\r\n\r\n";
        var bytes = Encoding.Latin1.GetBytes(interim + head + "b\r\ny");
        for (var split = 0; split <= bytes.Length; split++)
        {
            var response = new ResponseHead();
            var output = Encoding.Latin1.GetString([.. response.Take(bytes.AsSpan(0, split)), .. response.Take(bytes.AsSpan(split))]);
            Assert.Equal(interim + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nb\r\ny", output);
        }
    }

    [Fact]
    public void AnUpgradesAnswerPassesAsItIs()
    {
        const string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        Assert.Equal(head + "\x81", Encoding.Latin1.GetString(new ResponseHead().Take(Encoding.Latin1.GetBytes(head + "\x81"))));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/1.1 abc\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    public void WhatIsNoResponseIsSeen(string head)
    {
        var response = new ResponseHead();
        Assert.Equal(0, response.Take(Encoding.Latin1.GetBytes(head)).Length);
        Assert.True(response.IsBroken);
    }

    [Fact]
    public void AResponsesHeadHasABound()
    {
        var response = new ResponseHead();
        response.Take(Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nX: " + new string('x', ResponseHead.MaxBlock)));
        Assert.True(response.IsBroken);
    }

    private static RequestBody Body(string header)
    {
        var block = HeaderBlock.Read(Encoding.ASCII.GetBytes($"POST http://a/ HTTP/1.1\r\n{header}\r\n\r\n"))!;
        Assert.Null(RequestBody.TryRead("HTTP/1.1", block, out var body));
        return body;
    }
}
