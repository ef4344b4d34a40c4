namespace Relay.Gateway.Storage;

/// <summary>What the store logs: ids 1500 to 1599, never a key or a value.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(1500, LogLevel.Information, "Store {Path} is open, schema {Version}")]
    public static partial void Opened(ILogger logger, string path, int version);

    [LoggerMessage(1501, LogLevel.Information, "Store {Path} is closed")]
    public static partial void Closed(ILogger logger, string path);

    [LoggerMessage(1502, LogLevel.Error, "Store {Path} is unavailable: {Reason}")]
    public static partial void Unavailable(ILogger logger, string path, string reason);

    [LoggerMessage(1503, LogLevel.Information, "Store {Path} is available again")]
    public static partial void Available(ILogger logger, string path);

    [LoggerMessage(1504, LogLevel.Warning, "Store {Path} was not closed cleanly; its log is replayed at the next start")]
    public static partial void NotClosed(ILogger logger, string path, Exception failure);
}
