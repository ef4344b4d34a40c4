using Relay.Core;
using Relay.Core.Errors;

namespace Relay.Gateway.Connections;

/// <summary>A socket's coming and going, for those who look for one connection.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(1200, LogLevel.Debug, "{Tenant}/{User}: connection {Connection} has come for {Job}; error: {Error}")]
    public static partial void Opened(ILogger logger, string connection, TenantId tenant, string? user, string? job, ErrorCode? error);

    [LoggerMessage(1201, LogLevel.Debug, "{Tenant}/{User}: connection {Connection} has ended: {Reason}, {Sent} bytes sent")]
    public static partial void Closed(ILogger logger, string connection, TenantId tenant, string? user, CloseReason reason, long sent);
}
