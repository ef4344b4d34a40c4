using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;
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

    public async Task HandleAsync(HttpContext context, TenantId tenant, string localId)
    {
        if (await entrance.AdmitAsync(context, tenant) is not { } entrant) return;
        if (!Ids.IsValid(localId))
        {
            await entrance.RefuseAsync(context, StatusCodes.Status400BadRequest, "bad_peer", $"A peer's id is 1 to {Ids.MaxBytes} bytes of UTF-8 without U+0000.");
            return;
        }

        var (identity, refusal) = entrant.As(tenant, localId);
        await entrance.RunAsync(context, tenant, identity, new FrameReader(settings.Hub.MaxMessageBytes), _limits, connection =>
        {
            if (refusal is { } reason) connection.Close(reason);
            else new IntroductionUse(connection, (long)WaitingOutboxes * settings.Hub.OutboxBytes, counters).Open(runtime.Peers, new(tenant, localId));
            return ValueTask.FromResult<ErrorCode?>(null);
        });
    }
}
