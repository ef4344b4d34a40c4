namespace Relay.Agent.Connecting;

/// <summary>Where the agent dials to, and with which token.</summary>
internal sealed record RelayTarget(Uri Address, TokenSource Token)
{
    /// <summary>The address of one of the relay's sockets, null when the relay's address is none. http and https stand for ws and wss.</summary>
    public static Uri? SocketAddress(string relay, string path)
    {
        if (!Uri.TryCreate(relay, UriKind.Absolute, out var given) || given.Query.Length + given.Fragment.Length + given.UserInfo.Length > 0) return null;
        var scheme = given.Scheme switch { "ws" or "http" => "ws", "wss" or "https" => "wss", _ => null };
        if (scheme is null || given.Host.Length == 0) return null;
        var below = given.AbsolutePath.TrimEnd('/');
        // Whoever names the socket itself means the same.
        if (!below.EndsWith('/' + path, StringComparison.Ordinal)) below += '/' + path;
        return new Uri($"{scheme}://{given.Authority}{below}");
    }
}
