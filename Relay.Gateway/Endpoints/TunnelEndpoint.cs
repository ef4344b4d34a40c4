using Relay.Core.Errors;
using Relay.Core.Tunnel;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;
using Relay.Gateway.Tunnel;

namespace Relay.Gateway.Endpoints;

/// <summary>The addresses of <c>tunnel.paths</c>: CONNECT over a WebSocket.</summary>
internal sealed class TunnelEndpoint(
    RelaySettings settings, TenantDirectory tenants, SocketEntrance entrance, TunnelRegistry registry, TunnelDialer dialer, TunnelAccounts accounts, TunnelCounters tunnelCounters, TunnelLog log, TunnelEvents events, GatewayCounters counters)
{
    private readonly string[][] _paths = [.. settings.Tunnel.Paths.Select(static path => path[1..].Split('/'))];

    private readonly PerSettings<ConnectionLimits> _limits = new(static settings => ConnectionLimits.Of(settings) with { Credit = new(int.MaxValue, int.MaxValue), OutboxBytes = 0 });

    private readonly PerSettings<TunnelParts> _parts = new(own => new(dialer, accounts, tunnelCounters, log, events, accounts.Time, own.Tunnel.IdleTimeout, own.Tunnel.WindowBytes, own.Tunnel.RequireUser));

    public bool Has(IReadOnlyList<string> path)
    {
        if (!tenants.Jobs.HasFlag(TenantJobs.Tunnel)) return false;
        foreach (var one in _paths)
            if (one.SequenceEqual(path)) return true;
        return false;
    }

    public async Task HandleAsync(HttpContext context)
    {
        if (await entrance.AdmitAsync(context, SocketUse.Tunnel) is not { } entrant) return;
        var who = entrant.Who;
        var isV2 = WebSocketHandshake.Offers(context.Request, TunnelFrames.Subprotocol);
        await WebSocketHandshake.AcceptAsync(context, isV2 ? TunnelFrames.Subprotocol : null);
        var (pipe, abort) = WebSocketHandshake.Transport(context);
        var socket = new TunnelSocket(SocketEntrance.NewId(), new PipeWire(pipe, abort), SocketTransport.Of(context.Features), who.OrNobody(), _limits.Of(who.Policy.Settings), counters, log) { Meter = entrant.Meter, Credential = who.Credential };

        // A name in Proxy-Authorization is nobody's proof: it counts only where everybody is believed.
        var user = who.Identity?.UserId ?? (who.IsBelieved ? null : "");
        var parts = _parts.Of(who.Policy.Settings);
        ITunnelUse use = isV2 ? new StreamUse(socket, who.Tenant, user, parts) : new ChunkUse(socket, who.Tenant, user, parts);
        socket.Attach(use);
        registry.Add(socket);
        try
        {
            var closes = entrant.Closes ?? (tenants.Serves(who.Tenant) ? null : ErrorCode.TenantSuspended);
            RequestSpan.Leave(context, socket.Id, who.Tenant.Name, closes is { } code ? ErrorCatalogue.Of(code).Code : null);
            if (closes is { } error) socket.Finish(ErrorCatalogue.Of(error).Closes ?? CloseReason.Normal);
            await socket.RunAsync();
        }
        finally
        {
            registry.Remove(socket);
            entrant.Meter?.Leave();
        }
    }
}
