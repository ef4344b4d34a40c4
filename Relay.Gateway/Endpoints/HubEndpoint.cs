using System.Security.Cryptography;
using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Api;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;

namespace Relay.Gateway.Endpoints;

/// <summary><c>/ws</c>: a user's connection to the user's hub.</summary>
internal sealed class HubEndpoint(
    RelaySettings settings, IRelayRuntime runtime, ConnectionRegistry registry, IIdentitySource identities, OriginPolicy origins, GatewayCounters counters)
{
    private static readonly UserIdentity Nobody = new("", "");

    private readonly ConnectionLimits _limits = new(
        new(settings.Hub.QueueMultiplier, settings.Hub.QueueBytes),
        settings.Hub.OutboxBytes,
        settings.Hub.CloseTimeout,
        settings.Server.PingInterval,
        settings.Server.PingTimeout);

    public async Task HandleAsync(HttpContext context, TenantId tenant)
    {
        if (!settings.HasTenant(tenant.Name))
        {
            counters.HandshakeRefused();
            await ApiError.WriteAsync(context, StatusCodes.Status404NotFound, "unknown_tenant", "There is no such tenant.");
            return;
        }

        if (!await WebSocketHandshake.CheckAsync(context))
        {
            counters.HandshakeRefused();
            return;
        }

        if (!origins.Allows(context.Request))
        {
            counters.OriginRefused();
            await ApiError.WriteAsync(context, StatusCodes.Status403Forbidden, "origin_not_allowed", "Pages of this origin may not connect; see server.allowed_origins.");
            return;
        }

        var (identity, fault) = identities.Identify(context, tenant);
        if (fault is not null || registry.IsDraining)
        {
            counters.HandshakeRefused();
            await (fault is not null
                ? ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_identity", fault)
                : ApiError.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "going_away", "The relay is being stopped."));
            return;
        }

        var socket = await WebSocketHandshake.AcceptAsync(context, settings.Hub.MaxMessageBytes);
        var transport = SocketTransport.Of(context.Features);
        var connection = new Connection(NewId(), identity ?? Nobody, socket, transport, _limits, counters);
        registry.Add(connection);

        // A client that is gone must not count against its user while a plugin that hangs keeps the relay from reading.
        using var left = transport.Ended.UnsafeRegister(static state => ((Connection)state!).PeerLeft(), connection);
        try
        {
            if (await JoinAsync(connection, identity, tenant) is { } error) connection.Close(error);
            await connection.RunAsync();
        }
        finally
        {
            registry.Remove(connection, transport);
        }
    }

    // The error that refuses the connection: it is told in a frame and in the close code, since a browser sees no HTTP status.
    private async ValueTask<ErrorCode?> JoinAsync(Connection connection, UserIdentity? identity, TenantId tenant)
    {
        if (settings.Tenants.TryGetValue(tenant.Name, out var options) && options.Suspended) return ErrorCode.TenantSuspended;
        if (identity is null) return ErrorCode.MissingUserId;
        var (link, error) = await runtime.JoinAsync(new UserKey(tenant, identity.UserId), connection);
        if (link is not null) connection.Attach(link);
        return error;
    }

    private static string NewId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return System.Buffers.Text.Base64Url.EncodeToString(random);
    }
}
