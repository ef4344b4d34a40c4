namespace Relay.Gateway.Api;

internal static partial class ApiLog
{
    [LoggerMessage(1700, LogLevel.Warning, "The operation {Operation} of the API failed")]
    public static partial void Failed(ILogger logger, string operation, Exception exception);
}
