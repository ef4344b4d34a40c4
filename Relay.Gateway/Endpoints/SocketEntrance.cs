using System.Security.Cryptography;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Endpoints;

/// <summary>What every WebSocket address does first and last: who may enter, the upgrade, the connection's life.</summary>
internal sealed class SocketEntrance(RelaySettings settings, ConnectionRegistry registry, IIdentitySource identities, OriginPolicy origins, GatewayCounters counters)
{
    private static readonly UserIdentity Nobody = new("", "");

    /// <summary>Checks a request for a WebSocket. A refusal is answered.</summary>
    /// <returns>Who it is, or null when the request was refused.</returns>
    public async ValueTask<Entrant?> AdmitAsync(HttpContext context, TenantId tenant)
    {
        if (!settings.HasTenant(tenant.Name)) return await RefuseAsync(context, StatusCodes.Status404NotFound, "unknown_tenant", "There is no such tenant.");
        if (!await WebSocketHandshake.CheckAsync(context))
        {
            counters.HandshakeRefused();
            return null;
        }

        if (!origins.Allows(context.Request))
        {
            counters.OriginRefused();
            await ApiError.WriteAsync(context, StatusCodes.Status403Forbidden, "origin_not_allowed", "Pages of this origin may not connect; see server.allowed_origins.");
            return null;
        }

        var (identity, fault) = identities.Identify(context, tenant);
        if (fault is not null) return await RefuseAsync(context, StatusCodes.Status400BadRequest, "bad_identity", fault);
        if (registry.IsDraining) return await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "going_away", "The relay is being stopped.");
        return new(identity);
    }

    /// <summary>Answers a request for a WebSocket with an HTTP status.</summary>
    /// <returns>Nothing.</returns>
    public async ValueTask<Entrant?> RefuseAsync(HttpContext context, int status, string error, string message)
    {
        counters.HandshakeRefused();
        await ApiError.WriteAsync(context, status, error, message);
        return null;
    }

    /// <summary>Upgrades, and runs the connection until it has ended.</summary>
    /// <param name="context">The request.</param>
    /// <param name="tenant">Whose address it is.</param>
    /// <param name="identity">Who it is, if anyone.</param>
    /// <param name="maxMessageBytes">The largest message that is taken.</param>
    /// <param name="limits">What bounds the connection.</param>
    /// <param name="join">Gives the connection its use. Its error refuses the connection: it is told in the close code, since a browser sees no HTTP status.</param>
    public async Task RunAsync(
        HttpContext context, TenantId tenant, UserIdentity? identity, int maxMessageBytes, ConnectionLimits limits, Func<Connection, ValueTask<ErrorCode?>> join)
    {
        var socket = await WebSocketHandshake.AcceptAsync(context, maxMessageBytes);
        var transport = SocketTransport.Of(context.Features);
        var connection = new Connection(NewId(), identity ?? Nobody, socket, transport, limits, counters);
        registry.Add(connection);

        // A client that is gone must not count against its user while a plugin that hangs keeps the relay from reading.
        using var left = transport.Ended.UnsafeRegister(static state => ((Connection)state!).PeerLeft(), connection);
        try
        {
            var suspended = settings.Tenants.TryGetValue(tenant.Name, out var options) && options.Suspended;
            if ((suspended ? ErrorCode.TenantSuspended : await join(connection)) is { } error) connection.Close(error);
            await connection.RunAsync();
        }
        finally
        {
            registry.Remove(connection, transport);
        }
    }

    private static string NewId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return System.Buffers.Text.Base64Url.EncodeToString(random);
    }
}

/// <summary>Somebody whose request for a WebSocket may be answered with one.</summary>
/// <param name="Identity">Who it is, if anyone.</param>
internal sealed record Entrant(UserIdentity? Identity);
