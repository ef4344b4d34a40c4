using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary><c>/ws</c>: a user's connection to the user's hub.</summary>
internal sealed class HubEndpoint(RelaySettings settings, IRelayRuntime runtime, SocketEntrance entrance)
{
    private readonly ConnectionLimits _limits = new(
        new(settings.Hub.QueueMultiplier, settings.Hub.QueueBytes),
        settings.Hub.OutboxBytes,
        settings.Hub.CloseTimeout,
        settings.Server.PingInterval,
        settings.Server.PingTimeout);

    public async Task HandleAsync(HttpContext context, TenantId tenant)
    {
        if (await entrance.AdmitAsync(context, tenant) is not { } entrant) return;
        await entrance.RunAsync(context, tenant, entrant.Identity, new FrameReader(settings.Hub.MaxMessageBytes), _limits, connection => JoinAsync(connection, entrant.Identity, tenant));
    }

    private async ValueTask<ErrorCode?> JoinAsync(Connection connection, UserIdentity? identity, TenantId tenant)
    {
        if (identity is null) return ErrorCode.MissingUserId;
        var (link, error) = await runtime.JoinAsync(new UserKey(tenant, identity.UserId), connection);
        if (link is not null) connection.Attach(new HubUse(link));
        return error;
    }
}
