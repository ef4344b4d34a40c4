using Relay.Core.Tunnel;

namespace Relay.Agent.Proxy.Parsing;

/// <summary>A request that the proxy was sent: CONNECT, or one to be forwarded.</summary>
/// <param name="Target">Where to.</param>
/// <param name="Forward">What is sent there in its place; null for CONNECT.</param>
internal sealed record ProxyRequest(TunnelTarget Target, ForwardRequest? Forward)
{
    /// <summary>The longest header block, its empty line included.</summary>
    public const int MaxBlock = ConnectParser.MaxBytes;

    /// <summary>Reads a whole header block.</summary>
    /// <param name="bytes">The block.</param>
    /// <param name="credentials">Who may use the proxy; null for everyone.</param>
    /// <param name="request">The request.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static Fault? TryRead(ReadOnlySpan<byte> bytes, Credentials? credentials, out ProxyRequest? request)
    {
        request = null;
        if (HeaderBlock.Read(bytes) is not { } block) return new(400, "The header block is malformed.");
        var first = block.FirstLine.Split(' ');
        if (first.Length != 3 || first[2] is not ("HTTP/1.0" or "HTTP/1.1")) return NotForUs;
        var (method, target) = (first[0], first[1]);
        var isConnect = method == "CONNECT";
        if (!isConnect && !ForwardRequest.IsAbsolute(target)) return NotForUs;

        // Before the target: who may not use the proxy learns nothing about what it thinks of targets.
        if (credentials is not null && !credentials.Match(block)) return new(407, "This proxy wants a user name and a password.");
        if (!isConnect) return ForwardRequest.TryRead(method, target, first[2], block, out request);
        if (!TunnelTarget.TryParse(target, out var where, out var fault)) return new(400, $"The target {fault}.");
        request = new(where, null);
        return null;
    }

    private static Fault NotForUs => new(405, "This is a proxy: it takes CONNECT host:port HTTP/1.1, and requests with an absolute http:// address.");
}
