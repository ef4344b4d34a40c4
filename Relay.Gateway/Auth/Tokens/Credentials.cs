using Relay.Gateway.Endpoints;

namespace Relay.Gateway.Auth.Tokens;

/// <summary>Where a request carries its token or key: <c>Authorization: Bearer</c>, the query's <c>access_token</c>, or the subprotocol <c>bearer.</c>; one of them.</summary>
internal static class Credentials
{
    private const string Scheme = "Bearer ";
    private const string Parameter = "access_token";
    private const string SubprotocolMark = "bearer.";

    /// <summary>Finds the credential.</summary>
    /// <param name="request">The request.</param>
    /// <param name="credential">It, or null when there is none.</param>
    /// <returns>False when there are several, or one is not written as it has to be.</returns>
    public static bool TryFind(HttpRequest request, out string? credential)
    {
        credential = null;
        var headers = request.Headers.Authorization;
        if (headers.Count > 1) return false;
        if (headers.Count == 1)
        {
            if (headers[0] is not { } header || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
            credential = header[Scheme.Length..].Trim();
        }

        if (!RelayPath.TryQuery(request.QueryString.Value ?? "", Parameter, out var parameter)) return false;
        if (!Take(ref credential, parameter)) return false;
        foreach (var value in request.Headers.SecWebSocketProtocol)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                var offered = value.AsSpan()[range].Trim();
                if (offered.StartsWith(SubprotocolMark, StringComparison.Ordinal) && !Take(ref credential, offered[SubprotocolMark.Length..].ToString())) return false;
            }
        }

        return credential is null or { Length: > 0 and <= TokenOutline.MaxLength };
    }

    private static bool Take(ref string? credential, string? found)
    {
        if (found is null) return true;
        if (credential is not null) return false;
        credential = found;
        return true;
    }
}
