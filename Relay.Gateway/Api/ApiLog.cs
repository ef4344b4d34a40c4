namespace Relay.Gateway.Api;

internal static partial class ApiLog
{
    [LoggerMessage(1700, LogLevel.Warning, "The operation {Operation} of the API failed")]
    public static partial void Failed(ILogger logger, string operation, Exception exception);

    [LoggerMessage(1701, LogLevel.Warning, "The answer of the operation {Operation} could not be kept under its key")]
    public static partial void NotKept(ILogger logger, string operation, Exception exception);

    [LoggerMessage(1702, LogLevel.Information, "{Operation} of {Target} was answered {Status}; asked by {Operator}")]
    public static partial void Administered(ILogger logger, string operation, string target, int status, string @operator);
}
