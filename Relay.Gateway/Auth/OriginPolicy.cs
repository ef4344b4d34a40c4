using Relay.Gateway.Hosting;

namespace Relay.Gateway.Auth;

/// <summary>
/// Which web pages may open a WebSocket: those of the relay's own origin, and those of <c>server.allowed_origins</c>. Requests without
/// <c>Origin</c> come from no page.
/// </summary>
internal sealed class OriginPolicy(RelayServerOptions options)
{
    private readonly HashSet<string> _allowed = new(options.AllowedOrigins, StringComparer.OrdinalIgnoreCase);

    public bool Allows(HttpRequest request)
    {
        var origins = request.Headers.Origin;
        if (origins.Count == 0) return true;
        if (origins.Count > 1 || origins[0] is not { } origin) return false;
        return _allowed.Contains("*") || _allowed.Contains(origin) || IsOwn(origin, request.Host.Value);
    }

    // Behind a proxy that ends TLS the relay does not know its scheme, so host and port have to do: they are what a page cannot forge.
    private static bool IsOwn(string origin, string? host) =>
        host is { Length: > 0 } && origin.IndexOf("://", StringComparison.Ordinal) is > 0 and var at
        && origin.AsSpan(at + 3).Equals(host, StringComparison.OrdinalIgnoreCase);
}
