using System.Security.Cryptography;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary>What every WebSocket address does first and last: who may enter, the upgrade, the connection's life.</summary>
internal sealed class SocketEntrance(RelaySettings settings, ConnectionRegistry registry, IIdentitySource identities, OriginPolicy origins, GatewayCounters counters)
{
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

        var found = identities.Identify(context, tenant);
        if (found.Fault is { } fault) return await RefuseAsync(context, StatusCodes.Status400BadRequest, "bad_identity", fault);
        if (registry.IsDraining) return await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "going_away", "The relay is being stopped.");
        return new(found.Identity, found.PeerIds, identities.BelievesEverybody);
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
    /// <param name="reader">How its frames are read.</param>
    /// <param name="limits">What bounds the connection.</param>
    /// <param name="join">Gives the connection its use. Its error refuses the connection: it is told in the close code, since a browser sees no HTTP status.</param>
    public async Task RunAsync(
        HttpContext context, TenantId tenant, UserIdentity? identity, IFrameReader reader, ConnectionLimits limits, Func<Connection, ValueTask<ErrorCode?>> join)
    {
        var socket = await WebSocketHandshake.AcceptAsync(context, reader);
        var transport = SocketTransport.Of(context.Features);
        var connection = new Connection(NewId(), identity ?? new(tenant.Name, ""), socket, transport, limits, counters);
        registry.Add(connection);

        // A client that is gone must not count against its user while a plugin that hangs keeps the relay from reading.
        using var left = transport.Ended.UnsafeRegister(static state => ((Connection)state!).PeerLeft(), connection);
        try
        {
            if ((settings.IsSuspended(tenant.Name) ? ErrorCode.TenantSuspended : await join(connection)) is { } error) connection.Close(error);
            await connection.RunAsync();
        }
        finally
        {
            registry.Remove(connection, transport);
        }
    }

    /// <summary>An id for a socket: nobody guesses it.</summary>
    public static string NewId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return System.Buffers.Text.Base64Url.EncodeToString(random);
    }
}

/// <summary>Somebody whose request for a WebSocket may be answered with one.</summary>
/// <param name="Identity">Who it is, if anyone.</param>
/// <param name="PeerIds">The ids under which it may appear as a peer, beside its user's.</param>
/// <param name="IsBelieved">Whether it may appear as any peer.</param>
internal sealed record Entrant(UserIdentity? Identity, IReadOnlySet<string> PeerIds, bool IsBelieved)
{
    /// <summary>Who it is as a peer: whoever it says while everybody is believed, and otherwise only itself or a peer that its identity declares.</summary>
    /// <returns>The identity, or why there is none.</returns>
    public (UserIdentity? Identity, CloseReason? Refusal) As(TenantId tenant, string peerId)
    {
        if (IsBelieved) return (new(tenant.Name, peerId), null);
        if (Identity is null) return (null, CloseReason.MissingUserId);
        return Identity.UserId == peerId || PeerIds.Contains(peerId) ? (Identity, null) : (Identity, CloseReason.ForeignPeer);
    }
}
