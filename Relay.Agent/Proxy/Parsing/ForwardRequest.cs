using System.Text;
using Relay.Core.Tunnel;

namespace Relay.Agent.Proxy.Parsing;

/// <summary>
/// A plain HTTP request as it goes to its origin: the address in origin form, nothing that was meant for the proxy, and a connection that
/// ends with the response, so that each request has a tunnel of its own.
/// </summary>
/// <param name="Head">The header block for the origin.</param>
/// <param name="Body">Where the request's body ends.</param>
internal sealed record ForwardRequest(byte[] Head, RequestBody Body)
{
    private const string Scheme = "http://";

    // Of this connection, not of the request (RFC 9110, 7.6.1). Host is written anew; a body's framing is passed on as it is.
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Upgrade",
    };

    // What Connection may name without harm to the request's framing or its way.
    private static readonly HashSet<string> NeverDropped = new(StringComparer.OrdinalIgnoreCase) { "Content-Length", "Transfer-Encoding" };

    /// <summary>Whether a request's target has a scheme, of whatever kind.</summary>
    public static bool IsAbsolute(string target)
    {
        var colon = target.IndexOf("://", StringComparison.Ordinal);
        return colon > 0 && target.AsSpan(0, colon).IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") < 0;
    }

    public static Fault? TryRead(string method, string target, string version, HeaderBlock block, out ProxyRequest? request)
    {
        request = null;
        if (method.Length == 0) return new(400, "The header block is malformed.");
        if (!target.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return new(400, "Only http:// addresses are forwarded; for others there is CONNECT.");
        var rest = target.AsSpan(Scheme.Length);
        var end = rest.IndexOfAny("/?#");
        var authority = end < 0 ? rest : rest[..end];
        var port = authority[(authority.LastIndexOf(']') + 1)..].Contains(':') ? "" : ":80";
        if (!TunnelTarget.TryParse(string.Concat(authority, port), out var where, out var fault)) return new(400, $"The target {fault}.");
        if (RequestBody.TryRead(version, block, out var body) is { } bodyFault) return bodyFault;

        var upgrade = block.Has("Connection", "upgrade") ? string.Join(", ", block.Values("Upgrade")) : "";
        var head = new StringBuilder();
        head.Append(method).Append(' ').Append(Origin(method, end < 0 ? default : rest[end..])).Append(' ').Append(version).Append("\r\n");
        head.Append("Host: ").Append(authority).Append("\r\n");
        var named = block.Elements("Connection").Where(name => !NeverDropped.Contains(name)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in block.Headers)
            if (!Dropped.Contains(name) && !named.Contains(name)) head.Append(name).Append(": ").Append(value).Append("\r\n");
        head.Append("Via: ").Append(version.AsSpan(5)).Append(" relay-agent\r\n");
        if (upgrade.Length > 0) head.Append("Upgrade: ").Append(upgrade).Append("\r\nConnection: Upgrade\r\n\r\n");
        else head.Append("Connection: close\r\n\r\n");
        if (upgrade.Length > 0) body = RequestBody.Endless;
        request = new(where, new(Encoding.Latin1.GetBytes(head.ToString()), body));
        return null;
    }

    private static ReadOnlySpan<char> Origin(string method, ReadOnlySpan<char> rest)
    {
        var fragment = rest.IndexOf('#');
        if (fragment >= 0) rest = rest[..fragment];
        if (rest.IsEmpty) return method == "OPTIONS" ? "*" : "/";
        return rest[0] == '/' ? rest : string.Concat("/", rest);
    }
}
