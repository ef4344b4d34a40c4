using Microsoft.Extensions.Logging;

namespace Relay.Agent.Connecting;

/// <summary>What is told of the connection to the relay, whatever it is for (10000 to 10019).</summary>
internal static partial class DialLog
{
    [LoggerMessage(10000, LogLevel.Information, "connecting to {Relay}")]
    public static partial void Connecting(ILogger logger, Uri relay);

    [LoggerMessage(10001, LogLevel.Warning, "no connection to {Relay}: {Why}; trying again in {Seconds:0.0} s")]
    public static partial void NoConnection(ILogger logger, Uri relay, string why, double seconds);

    [LoggerMessage(10002, LogLevel.Warning, "lost the connection to {Relay}: {Why}; trying again in {Seconds:0.0} s")]
    public static partial void Lost(ILogger logger, Uri relay, string why, double seconds);

    [LoggerMessage(10003, LogLevel.Error, "no connection to {Relay}: {Why}")]
    public static partial void Refused(ILogger logger, Uri relay, string why);
}
