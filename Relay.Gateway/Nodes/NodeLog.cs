using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes.Wire;

namespace Relay.Gateway.Nodes;

/// <summary>What is logged of nodes and calls: never a body, a prompt or a token.</summary>
internal sealed partial class NodeLog(ILogger<NodeLog> logger)
{
    [LoggerMessage(8101, LogLevel.Information, "{Tenant}: node {Node} ({Connection}) serves {Models} models, {Capacity} requests at once")]
    public partial void NodeSaidHello(TenantId tenant, string node, string connection, int models, int capacity);

    [LoggerMessage(8102, LogLevel.Warning, "{Tenant}: node {Node} ({Connection}) broke the protocol and is cut off: {Fault}")]
    public partial void NodeFaulted(TenantId tenant, string node, string connection, NodeWireFault fault);

    [LoggerMessage(8103, LogLevel.Warning, "{Tenant}: node {Node} ({Connection}) is turned away: {Reason}")]
    public partial void NodeTurnedAway(TenantId tenant, string node, string connection, CloseReason reason);

    [LoggerMessage(8104, LogLevel.Warning, "{Tenant}: node {Node} ({Connection}) did not answer, and gives way to another connection with its id")]
    public partial void NodeDead(TenantId tenant, string node, string connection);

    [LoggerMessage(8105, LogLevel.Warning, "{Tenant}: node {Node} ({Connection}) was lost with {Calls} calls: {Reason}")]
    public partial void NodeLost(TenantId tenant, string node, string connection, CloseReason reason, int calls);

    [LoggerMessage(8106, LogLevel.Warning, "{Tenant}: node {Node} ({Connection}) failed at a call: {Code}")]
    public partial void CallFailed(TenantId tenant, string node, string connection, string code);

    [LoggerMessage(8107, LogLevel.Error, "{Tenant}: a call threw; the relay has a bug")]
    public partial void CallFaulted(Exception exception, TenantId tenant);
}
