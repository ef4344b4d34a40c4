using System.Net;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;
using Relay.Gateway.Auth.Tokens;
using Relay.Gateway.Connections;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;
using Relay.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary><c>/ws</c>: a user's connection to the user's hub.</summary>
internal sealed class HubEndpoint(IRelayRuntime runtime, SocketEntrance entrance, TraceIngress traces, TokenVerifier? verifier = null)
{
    private readonly PerSettings<ConnectionLimits> _limits = new(ConnectionLimits.Of);

    public async Task HandleAsync(HttpContext context)
    {
        if (await entrance.AdmitAsync(context, SocketUse.Hub) is not { } entrant) return;
        var settings = entrant.Who.Policy.Settings;
        await entrance.RunAsync(context, entrant, new FrameReader(settings.Hub.MaxMessageBytes), _limits.Of(settings), connection => JoinAsync(connection, entrant.Who, context.Connection.RemoteIpAddress));
    }

    private async ValueTask<ErrorCode?> JoinAsync(Connection connection, Admitted who, IPAddress? address)
    {
        if (who.Identity is null) return ErrorCode.MissingUserId;
        var (link, error) = await runtime.JoinAsync(new UserKey(who.Tenant, who.Identity.UserId), connection);
        if (link is not null) connection.Attach(new HubUse(link, verifier is null ? null : new(verifier, address), traces));
        return error;
    }
}
