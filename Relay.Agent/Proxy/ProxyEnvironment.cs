using System.Net;
using System.Text;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Agent.Proxy;

/// <summary>The variables that make programs use the proxy.</summary>
internal static class ProxyEnvironment
{
    /// <summary>What never goes through a proxy: this machine, and networks that are only reached from where one is.</summary>
    public static readonly string[] Local = ["localhost", "127.0.0.1", "::1", "169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

    /// <summary>What sandboxes commonly reach without a proxy: GitHub, and the public package registries.</summary>
    public static readonly string[] Direct =
    [
        "github.com", "api.github.com", "*.github.com", "*.githubusercontent.com",
        "registry.npmjs.org", "pypi.org", "files.pythonhosted.org", "index.crates.io", "static.crates.io", "proxy.golang.org",
    ];

    /// <summary>What <c>--no-proxy</c> says: a list in which <c>local</c> and <c>direct</c> stand for the lists above. The relay is always in it.</summary>
    public static string[] NoProxy(string list, string relayHost)
    {
        var entries = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(entry => entry switch { "local" => Local, "direct" => Direct, _ => [entry] });
        return [.. entries.Concat(Spellings(relayHost.Trim('[', ']'))).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <param name="proxy">Where the proxy listens.</param>
    /// <param name="credentials">What it wants to be told; null for nothing.</param>
    /// <param name="noProxy">What does not go through it.</param>
    /// <param name="plainHttp">Whether http:// addresses go through it too.</param>
    /// <param name="caBundle">A file with the certificates to trust; null to leave that as it is.</param>
    /// <param name="javaOptions">What JAVA_TOOL_OPTIONS is now.</param>
    public static List<KeyValuePair<string, string>> Variables(IPEndPoint proxy, Credentials? credentials, string[] noProxy, bool plainHttp, string? caBundle, string? javaOptions)
    {
        var login = credentials is null ? "" : $"{Uri.EscapeDataString(credentials.User)}:{Uri.EscapeDataString(credentials.Password)}@";
        var url = $"http://{login}{proxy}";
        var variables = new List<KeyValuePair<string, string>>();
        void Add(string value, params string[] names)
        {
            foreach (var name in names) variables.Add(new(name, value));
        }

        Add(url, "HTTPS_PROXY", "https_proxy");
        if (plainHttp) Add(url, "HTTP_PROXY", "http_proxy");
        Add(string.Join(',', noProxy), "NO_PROXY", "no_proxy");
        if (caBundle is not null) Add(caBundle, "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE");
        Add(string.Join(' ', ((string?[])[javaOptions, .. JavaOptions(proxy, noProxy, plainHttp)]).Where(option => option is { Length: > 0 })), "JAVA_TOOL_OPTIONS");
        return variables;
    }

    /// <summary>The variables for a POSIX shell.</summary>
    public static string Shell(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var lines = new StringBuilder();
        foreach (var (name, value) in variables) lines.Append("export ").Append(name).Append("='").Append(value.Replace("'", @"'\''", StringComparison.Ordinal)).Append("'\n");
        return lines.ToString();
    }

    // The JVM reads no HTTPS_PROXY. Its pattern for hosts knows a star at either end, and no networks.
    private static IEnumerable<string> JavaOptions(IPEndPoint proxy, string[] noProxy, bool plainHttp)
    {
        foreach (var scheme in plainHttp ? (string[])["https", "http"] : ["https"])
        {
            yield return $"-D{scheme}.proxyHost={proxy.Address}";
            yield return $"-D{scheme}.proxyPort={proxy.Port}";
        }

        var hosts = noProxy.Select(JavaPattern).Where(host => host.Length > 0).Distinct();
        yield return $"-Dhttp.nonProxyHosts={string.Join('|', hosts)}";
    }

    private static string JavaPattern(string entry)
    {
        if (entry.StartsWith('.')) return "*" + entry;
        var slash = entry.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return entry.Contains(':', StringComparison.Ordinal) ? $"[{entry}]" : entry;
        return entry[(slash + 1)..] switch
        {
            "8" => string.Join('.', entry.Split('.')[..1]) + ".*",
            "16" => string.Join('.', entry.Split('.')[..2]) + ".*",
            "12" when entry.StartsWith("172.16.", StringComparison.Ordinal) => string.Join('|', Enumerable.Range(16, 16).Select(second => $"172.{second}.*")),
            _ => "",
        };
    }

    private static string[] Spellings(string host) => IPAddress.TryParse(host, out _) || !host.Contains('.', StringComparison.Ordinal) ? [host] : [host, "." + host, "*." + host];
}
