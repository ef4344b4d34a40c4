using Microsoft.Extensions.Logging;
using Relay.Core.Tunnel;

namespace Relay.Agent.Proxy;

/// <summary>What is told of the local proxy (10200 to 10299). Never a payload; a target only with --verbose.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(10200, LogLevel.Information, "connected to {Relay}")]
    public static partial void Connected(ILogger logger, Uri relay);

    [LoggerMessage(10201, LogLevel.Information, "{Relay} takes one tunnel for each connection")]
    public static partial void InChunks(ILogger logger, Uri relay);

    [LoggerMessage(10202, LogLevel.Debug, "tunnel {Stream} was broken off by the relay: {Reason}")]
    public static partial void TunnelReset(ILogger logger, uint stream, TunnelReset reason);

    [LoggerMessage(10203, LogLevel.Debug, "{Target}: answered with {Status}")]
    public static partial void Answered(ILogger logger, TunnelTarget target, int status);

    [LoggerMessage(10204, LogLevel.Warning, "a connection is refused: {Most} are open already")]
    public static partial void Full(ILogger logger, int most);

    [LoggerMessage(10205, LogLevel.Error, "a local connection failed")]
    public static partial void Failed(ILogger logger, Exception fault);

    [LoggerMessage(10206, LogLevel.Error, "cannot listen on {Address}: {Why}")]
    public static partial void CannotListen(ILogger logger, string address, string why);

    [LoggerMessage(10207, LogLevel.Error, "cannot start {Command}: {Why}")]
    public static partial void CannotStart(ILogger logger, string command, string why);

    [LoggerMessage(10208, LogLevel.Error, "cannot write the bundle of certificates: {Why}")]
    public static partial void CannotPrepare(ILogger logger, string why);
}
