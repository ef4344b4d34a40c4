using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;
using Relay.Gateway.Connections;
using Relay.Gateway.Hosting;
using Relay.Gateway.Telemetry;
using Relay.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary><c>/introduction/{localId}</c>: a peer that wants to meet others.</summary>
internal sealed class IntroductionEndpoint(RelaySettings settings, IRelayRuntime runtime, SocketEntrance entrance, GatewayCounters counters)
{
    // Of introductions that wait beyond the outbox, in outboxes.
    private const int WaitingOutboxes = 4;

    private readonly ConnectionLimits _limits = new(
        new(settings.Hub.QueueMultiplier, settings.Hub.QueueBytes),
        settings.Hub.OutboxBytes,
        settings.Hub.CloseTimeout,
        settings.Server.PingInterval,
        settings.Server.PingTimeout)
    {
        TellsErrors = false,
    };

    public async Task HandleAsync(HttpContext context, string localId)
    {
        if (await entrance.AdmitAsync(context, Access.Peer) is not { } entrant) return;
        if (!Ids.IsValid(localId))
        {
            await entrance.RefuseAsync(context, StatusCodes.Status400BadRequest, "bad_peer", $"A peer's id is 1 to {Ids.MaxBytes} bytes of UTF-8 without U+0000.");
            return;
        }

        var (identity, refusal) = entrant.Who.As(localId);
        await entrance.RunAsync(context, entrant with { Who = entrant.Who with { Identity = identity } }, new FrameReader(settings.Hub.MaxMessageBytes), _limits, connection =>
        {
            if (refusal is { } reason) connection.Close(reason);
            else new IntroductionUse(connection, (long)WaitingOutboxes * settings.Hub.OutboxBytes, counters).Open(runtime.Peers, new(entrant.Who.Tenant, localId));
            return ValueTask.FromResult<ErrorCode?>(null);
        });
    }
}
