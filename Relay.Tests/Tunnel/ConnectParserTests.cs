using System.Text;
using Relay.Core.Tunnel;

namespace Relay.Tests.Tunnel;

public class ConnectParserTests
{
    [Theory]
    [InlineData("example.com:443", "example.com", 443)]
    [InlineData("EXAMPLE.Com:443", "example.com", 443)]
    [InlineData("example.com.:443", "example.com", 443)]
    [InlineData("localhost:1", "localhost", 1)]
    [InlineData("a_b-c.x1:65535", "a_b-c.x1", 65535)]
    [InlineData("127.0.0.1:80", "127.0.0.1", 80)]
    [InlineData("127.0.0.1.:80", "127.0.0.1", 80)]
    [InlineData("[::1]:443", "::1", 443)]
    [InlineData("[2001:DB8::A]:443", "2001:db8::a", 443)]
    [InlineData("[::ffff:127.0.0.1]:443", "::ffff:127.0.0.1", 443)]
    [InlineData("example.com:00443", "example.com", 443)]
    public void ATargetIsTaken(string text, string host, int port)
    {
        var parser = Read($"CONNECT {text} HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal((ConnectPhase.Complete, host, port), (parser.Phase, parser.Target!.Host, parser.Target.Port));
    }

    [Theory]
    [InlineData("example.com", 400)]
    [InlineData("example.com:", 400)]
    [InlineData("example.com:0", 400)]
    [InlineData("example.com:65536", 400)]
    [InlineData("example.com:+80", 400)]
    [InlineData("example.com:8a", 400)]
    [InlineData(":443", 400)]
    [InlineData(".:443", 400)]
    [InlineData("example.com..:443", 400)]
    [InlineData("a..b:443", 400)]
    [InlineData("-a.b:443", 400)]
    [InlineData("user@example.com:443", 400)]
    [InlineData("user:secret@example.com:443", 400)]
    [InlineData("[::1]", 400)]
    [InlineData("[::1", 400)]
    [InlineData("[::1]443", 400)]
    [InlineData("::1:443", 400)]
    [InlineData("[127.0.0.1]:443", 400)]
    [InlineData("[fe80::1%25eth0]:443", 400)]
    [InlineData("[fe80::1%eth0]:443", 400)]
    [InlineData("ex%41mple.com:443", 400)]
    [InlineData("EXAMPLE%2ECOM:443", 400)]
    [InlineData("127.1:443", 400)]
    [InlineData("127.0.0.01:443", 400)]
    [InlineData("0x7f000001:443", 400)]
    [InlineData("127.0.0.0x1:443", 400)]
    [InlineData("2130706433:443", 400)]
    [InlineData("256.0.0.1:443", 400)]
    [InlineData("1.2.3.4.5:443", 400)]
    [InlineData("http://example.com:443", 400)]
    [InlineData("example.com:443/", 400)]
    [InlineData("b\u00fccher.example:443", 400)]
    [InlineData("example.com:443 ", 405)]
    [InlineData("", 405)]
    public void AFaultyTargetIsRefused(string text, int status)
    {
        var parser = Read($"CONNECT {text} HTTP/1.1\r\n\r\n");
        Assert.Equal((ConnectPhase.Refused, status), (parser.Phase, parser.Status));
        Assert.Null(parser.Target);
    }

    [Theory]
    [InlineData("GET http://example.com/ HTTP/1.1\r\n\r\n", 405)]
    [InlineData("connect a:1 HTTP/1.1\r\n\r\n", 405)]
    [InlineData("CONNECT a:1 HTTP/2.0\r\n\r\n", 405)]
    [InlineData("CONNECT a:1\r\n\r\n", 405)]
    [InlineData("\r\n\r\n", 405)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nA : b\r\n\r\n", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nA\r\n\r\n", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nA: b\nB: c\r\n\r\n", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nA: b\rB: c\r\n\r\n", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nA: \0\r\n\r\n", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: x\r\nproxy-authorization: y\r\n\r\n", 400)]
    public void AFaultyBlockIsRefused(string text, int status)
    {
        var parser = Read(text);
        Assert.Equal((ConnectPhase.Refused, status), (parser.Phase, parser.Status));
    }

    [Fact]
    public void ABlockIsReadHoweverItIsCutAndWhatIsBehindItIsLeft()
    {
        var bytes = Encoding.ASCII.GetBytes("CONNECT example.com:443 HTTP/1.0\r\nProxy-Authorization:  Basic YTpi \r\n\r\n\x16\x03");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var parser = new ConnectParser();
            var first = parser.Read(bytes.AsSpan(0, cut));
            var second = parser.Read(bytes.AsSpan(first));
            Assert.Equal(bytes.Length - 2, first + second);
            Assert.Equal((ConnectPhase.Complete, "example.com:443", "Basic YTpi"), (parser.Phase, parser.Target!.ToString(), parser.ProxyAuthorization));
        }
    }

    [Fact]
    public void ABlockHasAtMost8192Bytes()
    {
        const string Start = "CONNECT a:1 HTTP/1.1\r\nA: ";
        var fits = Start + new string('x', 8192 - Start.Length - 4) + "\r\n\r\n";
        Assert.Equal(ConnectPhase.Complete, Read(fits).Phase);
        var long8193 = new ConnectParser();
        Assert.Equal(8192, long8193.Read(new byte[8193].Select(_ => (byte)'a').ToArray()));
        Assert.Equal((ConnectPhase.Refused, 400), (long8193.Phase, long8193.Status));
    }

    [Fact]
    public void ATargetIsWrittenAsItIsRead()
    {
        foreach (var text in new[] { "example.com:443", "[::1]:80", "10.0.0.1:1" })
        {
            Assert.True(TunnelTarget.TryParse(text, out var target, out _));
            Assert.Equal(text, target.ToString());
        }
    }

    [Fact]
    public void NoInputBreaksTheParser()
    {
        const string Alphabet = "CONNECT example.com:443[]%@ \r\n\r\nHTTP/1.1:\0\t\u00fc";
        for (var seed = 0; seed < 5000; seed++)
        {
            var random = new Random(seed);
            var bytes = Enumerable.Range(0, random.Next(200)).Select(_ => (byte)Alphabet[random.Next(Alphabet.Length)]);
            byte[] input = random.Next(2) == 0 ? [.. "CONNECT "u8, .. bytes, .. "\r\n\r\n"u8] : [.. bytes];
            var (whole, cut) = (new ConnectParser(), new ConnectParser());
            var end = whole.Read(input);
            var at = 0;
            while (at < input.Length && cut.Phase == ConnectPhase.NeedMore) at += cut.Read(input.AsSpan(at, 1));
            Assert.Equal((whole.Phase, whole.Status, whole.Target, end), (cut.Phase, cut.Status, cut.Target, at));
        }
    }

    [Fact]
    public void ARefusalIsAnHttpResponse()
    {
        Assert.Equal(
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\nConnection: close\r\n\r\nno ü",
            Encoding.UTF8.GetString(ConnectReply.Refusal(403, "no\r\n ü")));
        Assert.Contains("Proxy-Authenticate: Basic", Encoding.UTF8.GetString(ConnectReply.Refusal(407, "")));
        Assert.Equal(ConnectReply.MaxBody - 1, ConnectReply.Cut("x" + new string('ü', 2000)).Length);
    }

    private static ConnectParser Read(string text)
    {
        var parser = new ConnectParser();
        parser.Read(Encoding.Latin1.GetBytes(text));
        return parser;
    }
}
