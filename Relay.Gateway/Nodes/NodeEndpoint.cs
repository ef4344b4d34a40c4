using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes.Wire;
using Relay.Core.Runtime;
using Relay.Gateway.Connections;
using Relay.Gateway.Endpoints;
using Relay.Gateway.Tenants;
using Relay.WebSockets;

namespace Relay.Gateway.Nodes;

/// <summary><c>/nodes</c>: the address at which nodes dial in.</summary>
internal sealed class NodeEndpoint(IRelayRuntime runtime, SocketEntrance entrance, IRelayEvents events, NodeLog log)
{
    private const int ChunkBytes = 64 * 1024;
    private const int WindowBytes = 256 * 1024;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);
    private static readonly string Version = "relay/" + (typeof(NodeEndpoint).Assembly.GetName().Version?.ToString(3) ?? "0");

    private readonly PerSettings<NodeTerms> _terms = new(static settings => new(new(Heartbeat, ChunkBytes, WindowBytes, settings.Nodes.MaxBodyBytes, Version), HelloTimeout, ProbeTimeout, settings.Nodes.IdleTimeout));

    // What a node sends is given on at once, and bounded by its requests' windows: the connection's own credit only bounds one reading.
    private readonly PerSettings<ConnectionLimits> _limits = new(static settings => ConnectionLimits.Of(settings) with
    {
        Credit = new(settings.Hub.QueueMultiplier, Math.Max(settings.Hub.QueueBytes, 2 * WindowBytes)),
        OutboxBytes = Math.Max(settings.Hub.OutboxBytes, 2 * WindowBytes),
        TellsErrors = false,
        TakesWhileDraining = true,
    });

    public async Task HandleAsync(HttpContext context)
    {
        if (await entrance.AdmitAsync(context, SocketUse.Node) is not { } entrant) return;
        if (!WebSocketHandshake.Offers(context.Request, NodeWire.Subprotocol))
        {
            await entrance.RefuseAsync(context, SocketUse.Node, StatusCodes.Status400BadRequest, "bad_handshake", $"A node speaks the subprotocol {NodeWire.Subprotocol}.");
            return;
        }

        var settings = entrant.Who.Policy.Settings;
        await entrance.RunAsync(context, entrant, new FrameReader(NodeWire.MaxControlBytes), _limits.Of(settings), connection =>
        {
            connection.Attach(new NodeUse(connection, entrant.Who.Tenant, runtime.Nodes, _terms.Of(settings), events, log));
            return ValueTask.FromResult<ErrorCode?>(null);
        });
    }
}
