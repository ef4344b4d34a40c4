using System.Security.Cryptography;
using Relay.Core.Errors;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Limits;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;
using Relay.Gateway.Webhooks;
using Relay.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary>What every WebSocket address does first and last: who may enter, the upgrade, the connection's life.</summary>
internal sealed class SocketEntrance(
    ConnectionRegistry registry, Admission admission, ConnectHook hook, IIdentitySource identities, TenantDirectory tenants, LimitTable table, GatewayCounters counters, TimeProvider time, ILogger<SocketEntrance> logger)
{
    /// <summary>Checks a request for a WebSocket. A refusal is answered.</summary>
    /// <returns>Who it is, or null when the request was refused.</returns>
    public async ValueTask<Entrant?> AdmitAsync(HttpContext context, SocketUse use)
    {
        var access = use.Access();
        var began = counters.Joins.Begin(time);
        if (!await WebSocketHandshake.CheckAsync(context))
        {
            counters.HandshakeRefused(use, HandshakeRefusal.Invalid);
            return null;
        }

        var (who, refusal) = await admission.DecideAsync(context, access);
        if (refusal is { Closes: null }) return await RefuseAsync(context, use, refusal.Status, refusal.Code, refusal.Message);
        if (registry.IsDraining)
        {
            context.Response.Headers.RetryAfter = "1";
            return await RefuseAsync(context, use, StatusCodes.Status503ServiceUnavailable, "going_away", "The relay is being stopped.");
        }

        if (refusal?.Closes is var (tenant, error)) return new(use, new(tenant, null), error);

        // The limits first: a flood must not reach the tenant's own program.
        var (meter, excess) = await table.OpenAsync(who!.Tenant, who.Identity?.UserId);
        if (meter is null) return new(use, who, excess is { IsUnanswered: true } ? ErrorCode.AdmissionUnavailable : ErrorCode.TooManyConnections);
        context.Response.RegisterForDispose(meter);
        return (await hook.AskAsync(context, who, access))?.Closes is var (policy, refused) ? new(use, new(policy, null), refused) { Meter = meter } : new(use, who, null) { Meter = meter, Began = began };
    }

    /// <summary>Answers a request for a WebSocket with an HTTP status.</summary>
    /// <returns>Nothing.</returns>
    public async ValueTask<Entrant?> RefuseAsync(HttpContext context, SocketUse use, int status, string error, string message)
    {
        counters.HandshakeRefused(use, Why(status, error));
        await ApiError.WriteAsync(context, status, error, message);
        return null;
    }

    /// <summary>Upgrades, and runs the connection until it has ended.</summary>
    /// <param name="context">The request.</param>
    /// <param name="entrant">Whose connection it is.</param>
    /// <param name="reader">How its frames are read.</param>
    /// <param name="limits">What bounds the connection.</param>
    /// <param name="join">Gives the connection its use. Its error refuses the connection: it is told in the close code, since a browser sees no HTTP status.</param>
    public async Task RunAsync(
        HttpContext context, Entrant entrant, IFrameReader reader, ConnectionLimits limits, Func<Connection, ValueTask<ErrorCode?>> join)
    {
        var transport = SocketTransport.Of(context.Features);
        var connection = new Connection(NewId(), entrant.Who.OrNobody(), WebSocketHandshake.Socket(context, reader), transport, limits, counters) { IsFor = entrant.Use, Meter = entrant.Meter, Credential = entrant.Who.Credential };
        registry.Add(connection);

        // A client that is gone must not count against its user while a plugin that hangs keeps the relay from reading.
        using var left = transport.Ended.UnsafeRegister(static state => ((Connection)state!).PeerLeft(), connection);
        try
        {
            // Before the answer: who sees its socket open, and tells others, may count on being known to the relay. What takes longer than a moment
            // does not hold up the answer.
            var joining = (entrant.Closes ?? ClosedMeanwhile(entrant.Who)) is { } closed ? new(closed) : join(connection);
            await WebSocketHandshake.AcceptAsync(context);
            connection.Begin();
            var error = await joining;
            ConnectionLog.Opened(logger, connection.Id, entrant.Who.Tenant, entrant.Who.Identity?.UserId, connection.Use?.Job, error);
            RequestSpan.Leave(context, connection.Id, entrant.Who.Tenant.Name, error is { } code ? ErrorCatalogue.Of(code).Code : null);
            if (error is { } closes) connection.Close(closes);
            else counters.Joins.End(time, entrant.Began, connection.Use?.Job);
            await connection.RunAsync();
        }
        finally
        {
            connection.Abort(); // when it never ran
            ConnectionLog.Closed(logger, connection.Id, entrant.Who.Tenant, entrant.Who.Identity?.UserId, connection.Reason, connection.BytesSent);
            registry.Remove(connection, transport);
            entrant.Meter?.Leave();
        }
    }

    private static HandshakeRefusal Why(int status, string error) => (status, error) switch
    {
        (_, Admission.OriginRefused) => HandshakeRefusal.Origin,
        (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound, _) => HandshakeRefusal.Denied,
        (StatusCodes.Status429TooManyRequests, _) => HandshakeRefusal.Limit,
        (StatusCodes.Status503ServiceUnavailable, _) => HandshakeRefusal.Unavailable,
        _ => HandshakeRefusal.Invalid,
    };

    // Who suspends a tenant, or trusts a key no more, closes what is in the registry.
    private ErrorCode? ClosedMeanwhile(Admitted who) =>
        !tenants.Serves(who.Tenant) ? ErrorCode.TenantSuspended
        : identities.IsTrusted(who.Tenant, who.Credential) ? null
        : ErrorCode.TokenExpired;

    /// <summary>An id for a socket: nobody guesses it.</summary>
    public static string NewId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return System.Buffers.Text.Base64Url.EncodeToString(random);
    }
}

/// <summary>Somebody whose request for a WebSocket is answered with one.</summary>
/// <param name="Use">What it asked for.</param>
/// <param name="Who">Who it is.</param>
/// <param name="Closes">Why the WebSocket closes at once: a browser would see no HTTP status. Null when it does not.</param>
internal sealed record Entrant(SocketUse Use, Admitted Who, ErrorCode? Closes)
{
    /// <summary>When it asked, for <see cref="GatewayCounters.Joins"/>.</summary>
    public long Began { get; init; }

    /// <summary>Its place, and what counts what it does; null when it has none. It is let go of with the request.</summary>
    public ConnectionMeter? Meter { get; init; }
}
