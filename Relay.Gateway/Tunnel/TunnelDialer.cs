using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Relay.Core;
using Relay.Core.Telemetry;
using Relay.Core.Tunnel;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Tunnel;

/// <summary>The name service.</summary>
internal interface ITunnelResolver
{
    /// <summary>The addresses of a name, at least one. Throws <see cref="SocketException"/> when there are none.</summary>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation);
}

/// <summary>The machine's own name service.</summary>
internal sealed class SystemResolver : ITunnelResolver
{
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation) => Dns.GetHostAddressesAsync(host, cancellation);
}

/// <summary>What came of a dial: a connected socket, or a status and a sentence.</summary>
internal readonly record struct Dialed(Socket? Socket, int Status, string Text)
{
    /// <summary>The span of the dial, where it is traced: what is logged of the tunnel belongs to its trace.</summary>
    public Activity? Span { get; init; }
}

/// <summary>
/// Connects to targets that the policy allows. A name is looked up once; the connection goes to an address that was checked, never to the name.
/// </summary>
internal sealed class TunnelDialer(TenantDirectory tenants, ITunnelResolver resolver, TimeProvider time)
{
    private static readonly EgressPolicy Nowhere = new([], "tunnel.allow");

    public Task<Dialed> DialAsync(TenantId tenant, TunnelTarget target, CancellationToken cancellation) =>
        RelayTrace.IsOn ? TracedAsync(tenant, target, cancellation) : ConnectAsync(tenant, target, cancellation);

    private async Task<Dialed> TracedAsync(TenantId tenant, TunnelTarget target, CancellationToken cancellation)
    {
        using var span = RelayTrace.Source.StartActivity(RelayTrace.TunnelDial, ActivityKind.Client);
        span?.SetTag(RelayTrace.Tenant, tenant.Name);
        span?.SetTag(RelayTrace.ServerAddress, target.Host);
        span?.SetTag(RelayTrace.ServerPort, target.Port);
        var dialed = await ConnectAsync(tenant, target, cancellation);
        if (span is not null) RelayTrace.End(span, dialed.Socket is null ? dialed.Status.ToString(CultureInfo.InvariantCulture) : null);
        return dialed with { Span = span };
    }

    private async Task<Dialed> ConnectAsync(TenantId tenant, TunnelTarget target, CancellationToken cancellation)
    {
        var known = tenants.Find(tenant);
        var policy = known is { IsSuspended: false } may ? Policy(may) : Nowhere;
        if (policy.Check(target) is { IsAllowed: false } refused) return new(null, 403, refused.Text);
        var within = (known?.Settings ?? tenants.Settings).Tunnel.DialTimeout;
        using var timeout = new CancellationTokenSource(within, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        IPAddress[] addresses;
        try
        {
            addresses = target.Address is { } address ? [address] : await resolver.ResolveAsync(target.Host, both.Token).WaitAsync(both.Token);
        }
        catch (OperationCanceledException)
        {
            return new(null, 504, $"The name service did not answer for {target.Host} in time.");
        }
        catch (SocketException error)
        {
            return new(null, 502, $"The name {target.Host} was not found ({error.SocketErrorCode}).");
        }

        string? forbidden = null;
        var failure = new Dialed(null, 502, $"The name {target.Host} has no address.");
        for (var at = 0; at < addresses.Length; at++)
        {
            if (policy.Check(addresses[at], target.Port) is { IsAllowed: false } verdict && target.Address is null)
            {
                forbidden ??= verdict.Text;
                continue;
            }

            // An address that does not answer must not use up the others' time.
            var share = within / (addresses.Length - at) / (at == addresses.Length - 1 ? 1 : 2);
            var dialed = await ConnectAsync(addresses[at], target.Port, share, both.Token);
            if (dialed.Socket is not null) return dialed;
            failure = dialed;
            forbidden = null;
            if (both.IsCancellationRequested) break;
        }

        return forbidden is null ? failure : new(null, 403, forbidden);
    }

    private static EgressPolicy Policy(Tenant tenant) => new(
        tenant.Settings.Tunnel.Allow, tenant.Options.TunnelAllow.Length == 0 ? "tunnel.allow" : $"tunnel.allow and tenants.{tenant.Id}.tunnel_allow");

    private async Task<Dialed> ConnectAsync(IPAddress address, int port, TimeSpan share, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var timeout = new CancellationTokenSource(share, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
            await socket.ConnectAsync(new IPEndPoint(address, port), both.Token);
            socket.Blocking = false;
            return new(socket, 200, "");
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            return new(null, 504, $"{address} did not answer in time.");
        }
        catch (SocketException error)
        {
            socket.Dispose();
            return error.SocketErrorCode == SocketError.TimedOut
                ? new(null, 504, $"{address} did not answer in time.")
                : new(null, 502, $"The connection to {address} failed ({error.SocketErrorCode}).");
        }
    }
}
