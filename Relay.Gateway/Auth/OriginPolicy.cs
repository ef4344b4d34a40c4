using Relay.Gateway.Tenants;

namespace Relay.Gateway.Auth;

/// <summary>
/// Which web pages may open a WebSocket of a tenant: those of the relay's own origin, and those of <c>server.allowed_origins</c>. Requests without
/// <c>Origin</c> come from no page.
/// </summary>
internal static class OriginPolicy
{
    public static bool Allows(HttpRequest request, Tenant tenant)
    {
        var origins = request.Headers.Origin;
        if (origins.Count == 0) return true;
        if (origins.Count > 1 || origins[0] is not { } origin) return false;
        foreach (var allowed in tenant.Settings.Server.AllowedOrigins)
            if (allowed == "*" || allowed.Equals(origin, StringComparison.OrdinalIgnoreCase)) return true;
        return IsOwn(origin, request.Host.Value);
    }

    // Behind a proxy that ends TLS the relay does not know its scheme, so host and port have to do: they are what a page cannot forge.
    private static bool IsOwn(string origin, string? host) =>
        host is { Length: > 0 } && origin.IndexOf("://", StringComparison.Ordinal) is > 0 and var at
        && origin.AsSpan(at + 3).Equals(host, StringComparison.OrdinalIgnoreCase);
}
