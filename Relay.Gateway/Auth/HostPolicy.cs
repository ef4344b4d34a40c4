using System.Net;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Auth;

/// <summary>
/// Which names the relay answers to. A relay that listens on loopback without authentication trusts whoever can reach it; a web page
/// whose host name was pointed at 127.0.0.1 (DNS rebinding) can, with a page's origin that looks like the relay's own. Its <c>Host</c> gives it
/// away: only addresses, <c>localhost</c> and the hosts of <c>server.allowed_origins</c> are let in. A relay on other addresses answers to any name.
/// </summary>
internal sealed class HostPolicy
{
    private readonly bool _any;
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);

    public HostPolicy(RelayServerOptions options)
    {
        var loopback = options.Host == SettingForms.Localhost || (SettingForms.TryReadAddress(options.Host, out var address) && IPAddress.IsLoopback(address));
        _any = !loopback || options.AllowedOrigins.Contains("*");
        foreach (var origin in options.AllowedOrigins)
            if (Uri.TryCreate(origin, UriKind.Absolute, out var uri)) _hosts.Add(uri.Host);
    }

    public bool Allows(HostString host)
    {
        if (_any || !host.HasValue) return true;
        var name = host.Host;
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out _) || _hosts.Contains(name);
    }
}
