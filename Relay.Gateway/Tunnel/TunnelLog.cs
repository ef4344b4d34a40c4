using System.Net;
using Relay.Core.Tunnel;

namespace Relay.Gateway.Tunnel;

/// <summary>The audit of tunnels: one line for each, when it has ended or was refused.</summary>
internal sealed partial class TunnelLog(ILogger<TunnelLog> logger)
{
    public void Ended(TunnelOwner who, string connection, TunnelTarget target, EndPoint? address, long up, long down, TimeSpan time, TunnelEnd why) =>
        LogEnded(who.Tenant.Name, who.UserId, connection, target, address, up, down, (long)time.TotalMilliseconds, why.Name());

    public void Refused(TunnelOwner who, string connection, string target, int status, string why) => LogRefused(who.Tenant.Name, who.UserId, connection, target, status, why);

    [LoggerMessage(9001, LogLevel.Information, "Tunnel of {Tenant}/{User} ({Connection}) to {Target} ({Address}) ended: {Up} bytes up, {Down} bytes down, {Milliseconds} ms, {Reason}")]
    private partial void LogEnded(string tenant, string user, string connection, TunnelTarget target, EndPoint? address, long up, long down, long milliseconds, string reason);

    [LoggerMessage(9002, LogLevel.Information, "Tunnel of {Tenant}/{User} ({Connection}) to {Target} refused: {Status}, {Reason}")]
    private partial void LogRefused(string tenant, string user, string connection, string target, int status, string reason);

    [LoggerMessage(9003, LogLevel.Debug, "The tunnel's socket {Connection} broke the protocol: {Fault}")]
    public partial void Violation(string connection, string fault);
}
