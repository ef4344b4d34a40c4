using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Telemetry;
using Relay.Gateway.Tenants;
using Relay.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary><c>/introduction/{localId}</c>: a peer that wants to meet others.</summary>
internal sealed class IntroductionEndpoint(IRelayRuntime runtime, SocketEntrance entrance, GatewayCounters counters, IRelayEvents events)
{
    // Of introductions that wait beyond the outbox, in outboxes.
    private const int WaitingOutboxes = 4;

    private readonly PerSettings<ConnectionLimits> _limits = new(static settings => ConnectionLimits.Of(settings) with { TellsErrors = false });

    public async Task HandleAsync(HttpContext context, string localId)
    {
        if (await entrance.AdmitAsync(context, SocketUse.Introduction) is not { } entrant) return;
        if (!Ids.IsValid(localId))
        {
            await entrance.RefuseAsync(context, SocketUse.Introduction, StatusCodes.Status400BadRequest, "bad_peer", $"A peer's id is 1 to {Ids.MaxBytes} bytes of UTF-8 without U+0000.");
            return;
        }

        var settings = entrant.Who.Policy.Settings;
        var (identity, refusal) = entrant.Who.As(localId);
        await entrance.RunAsync(context, entrant with { Who = entrant.Who with { Identity = identity } }, new FrameReader(settings.Hub.MaxMessageBytes), _limits.Of(settings), connection =>
        {
            if (refusal is { } reason) connection.Close(reason);
            else new IntroductionUse(connection, (long)WaitingOutboxes * settings.Hub.OutboxBytes, counters, events).Open(runtime.Peers, new(entrant.Who.Tenant, localId));
            return ValueTask.FromResult<ErrorCode?>(null);
        });
    }
}
