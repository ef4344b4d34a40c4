using System.Net;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Auth;

/// <summary>
/// Which names the relay answers to. A relay that listens on loopback without authentication trusts whoever can reach it; a web page
/// whose host name was pointed at 127.0.0.1 (DNS rebinding) can, with a page's origin that looks like the relay's own. Its <c>Host</c> gives it
/// away: only addresses, <c>localhost</c> and the hosts of <c>server.allowed_origins</c>, any tenant's, are let in. A relay on other addresses answers to any name.
/// </summary>
internal sealed class HostPolicy
{
    private readonly bool _isLoopback;
    private readonly TenantDirectory _tenants;
    private volatile Origins? _origins;

    public HostPolicy(RelayServerOptions options, TenantDirectory tenants)
    {
        _isLoopback = options.Host == SettingForms.Localhost || (SettingForms.TryReadAddress(options.Host, out var address) && IPAddress.IsLoopback(address));
        _tenants = tenants;
    }

    public bool Allows(HostString host)
    {
        if (!_isLoopback || !host.HasValue) return true;
        var name = host.Host;
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(name, out _)) return true;
        var known = _origins;
        if (known is null || !ReferenceEquals(known.Edition, _tenants.Edition)) _origins = known = Read();
        return known.Hosts.Contains(SettingForms.AnyOrigin) || known.Hosts.Contains(name);
    }

    // Of every tenant: whose the request is, is not known yet.
    private Origins Read()
    {
        var edition = _tenants.Edition;
        var hosts = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var origin in _tenants.Named.Select(static tenant => tenant.Settings).Append(_tenants.Settings).SelectMany(static settings => settings.Server.AllowedOrigins))
            hosts.Add(Uri.TryCreate(origin, UriKind.Absolute, out var uri) ? uri.Host : origin);
        return new(edition, hosts);
    }

    private sealed record Origins(object Edition, HashSet<string> Hosts);
}
