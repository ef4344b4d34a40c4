using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Tenants;
using Relay.Gateway.WebSockets;

namespace Relay.Gateway.Endpoints;

/// <summary><c>/connection/{localId}/{remoteId}/{documentId}</c>: one end of a pipe between two peers.</summary>
internal sealed class PipeEndpoint(IRelayRuntime runtime, SocketEntrance entrance)
{
    // What counts are bytes; a pipe may carry any number of small messages in them.
    private const int MaxMessages = 1 << 20;

    private readonly PerSettings<ConnectionLimits> _limits = new(static settings => ConnectionLimits.Of(settings) with
    {
        Credit = new(MaxMessages, settings.Hub.QueueBytes),
        TellsErrors = false,
        ReadsToTheEnd = true,
    });

    private readonly PerSettings<HoldLimits> _hold = new(static settings => new(settings.Peers.HoldTimeout, settings.Peers.HoldBytes));

    public async Task HandleAsync(HttpContext context, string localId, string remoteId, string documentId)
    {
        if (await entrance.AdmitAsync(context, SocketUse.Pipe) is not { } entrant) return;
        if (!Ids.IsValid(localId) || !Ids.IsValid(remoteId) || !Ids.IsValid(documentId))
        {
            await entrance.RefuseAsync(context, SocketUse.Pipe, StatusCodes.Status400BadRequest, "bad_peer", $"The ids of peers and documents are 1 to {Ids.MaxBytes} bytes of UTF-8 without U+0000.");
            return;
        }

        var settings = entrant.Who.Policy.Settings;
        var (identity, refusal) = entrant.Who.As(localId);
        var (pipe, isSecond) = PipeKey.Of(entrant.Who.Tenant, localId, remoteId, documentId);
        await entrance.RunAsync(context, entrant with { Who = entrant.Who with { Identity = identity } }, new PieceReader(), _limits.Of(settings), connection =>
        {
            if (refusal is { } reason) connection.Close(reason);
            else new PipeUse(connection, _hold.Of(settings)).Open(runtime.Peers, pipe, isSecond);
            return ValueTask.FromResult<ErrorCode?>(null);
        });
    }
}
