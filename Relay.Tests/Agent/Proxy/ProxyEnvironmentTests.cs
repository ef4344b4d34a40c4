using System.Net;
using Relay.Agent.Proxy;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Tests.Agent.Proxy;

public class ProxyEnvironmentTests
{
    private static readonly IPEndPoint Proxy = new(IPAddress.Loopback, 4711);

    [Fact]
    public void TheRelayAndWhatIsReachedOtherwiseDoNotGoThroughTheProxy() =>
        Assert.Equal(
            [
                "localhost", "127.0.0.1", "::1", "169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "github.com", "api.github.com", "*.github.com", "*.githubusercontent.com",
                "registry.npmjs.org", "pypi.org", "files.pythonhosted.org", "index.crates.io", "static.crates.io", "proxy.golang.org",
                "relay.example.com", ".relay.example.com", "*.relay.example.com",
            ],
            ProxyEnvironment.NoProxy("local,direct", "relay.example.com"));

    [Fact]
    public void AListOfOnesOwnReplacesIt() => Assert.Equal(["intern.example", "127.0.0.1"], ProxyEnvironment.NoProxy(" intern.example ,", "127.0.0.1"));

    [Fact]
    public void HttpGoesThroughTheProxyOnlyWhenAskedFor()
    {
        var variables = Variables(plainHttp: false);
        Assert.Equal("http://127.0.0.1:4711", variables["HTTPS_PROXY"]);
        Assert.Equal(variables["HTTPS_PROXY"], variables["https_proxy"]);
        Assert.Equal("localhost,10.0.0.0/8", variables["NO_PROXY"]);
        Assert.Equal(variables["NO_PROXY"], variables["no_proxy"]);
        Assert.DoesNotContain(variables.Keys, name => name is "HTTP_PROXY" or "http_proxy" or "SSL_CERT_FILE");
        Assert.Equal("http://127.0.0.1:4711", Variables(plainHttp: true)["http_proxy"]);
    }

    [Fact]
    public void ACaFileIsNamedToEverybody()
    {
        var variables = Variables(caBundle: "/tmp/a b.crt");
        foreach (var name in (string[])["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]) Assert.Equal("/tmp/a b.crt", variables[name]);
    }

    [Fact]
    public void TheJvmIsToldInItsOwnWay()
    {
        var options = ProxyEnvironment.Variables(Proxy, null, ["localhost", "::1", "10.0.0.0/8", "192.168.0.0/16", ".a.example", "*.b.example"], false, null, "-Xmx1g").Single(each => each.Key == "JAVA_TOOL_OPTIONS").Value;
        Assert.Equal("-Xmx1g -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4711 -Dhttp.nonProxyHosts=localhost|[::1]|10.*|192.168.*|*.a.example|*.b.example", options);
    }

    [Fact]
    public void CredentialsAreEscapedForTheUrlAndTheShell()
    {
        var variables = ProxyEnvironment.Variables(Proxy, Credentials.TryParse("a@b:p'w/d"), [], false, null, null);
        Assert.Equal("http://a%40b:p%27w%2Fd@127.0.0.1:4711", variables[0].Value);
        Assert.Equal("export A='it'\\''s'\n", ProxyEnvironment.Shell([new("A", "it's")]));
    }

    private static Dictionary<string, string> Variables(bool plainHttp = false, string? caBundle = null) =>
        new(ProxyEnvironment.Variables(Proxy, null, ["localhost", "10.0.0.0/8"], plainHttp, caBundle, null));
}
