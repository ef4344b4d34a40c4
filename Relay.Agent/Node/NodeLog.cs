using Microsoft.Extensions.Logging;
using Relay.Core.Nodes.Wire;

namespace Relay.Agent.Node;

/// <summary>What a node tells (10020 to 10039). Never a prompt, an answer or a key.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(10020, LogLevel.Information, "connected to {Relay} as {NodeId}: serving {Models}, {Capacity} at once")]
    public static partial void Connected(ILogger logger, Uri relay, string nodeId, string models, int capacity);

    [LoggerMessage(10021, LogLevel.Debug, "request {Id}: {Path} answered {Status}, {Bytes} bytes in {Seconds:0.000} s")]
    public static partial void Served(ILogger logger, long id, string path, int status, long bytes, double seconds);

    [LoggerMessage(10022, LogLevel.Warning, "request {Id}: {Path} failed, {Code}: {Why}")]
    public static partial void Failed(ILogger logger, long id, string path, string code, string why);

    [LoggerMessage(10023, LogLevel.Debug, "request {Id}: {Path} is not wanted any more")]
    public static partial void Cancelled(ILogger logger, long id, string path);

    [LoggerMessage(10024, LogLevel.Warning, "the model server at {Upstream} is not there: {Why}")]
    public static partial void UpstreamAway(ILogger logger, Uri upstream, string why);

    [LoggerMessage(10025, LogLevel.Information, "the model server at {Upstream} is back")]
    public static partial void UpstreamBack(ILogger logger, Uri upstream);

    [LoggerMessage(10026, LogLevel.Information, "serving {Models} from now on")]
    public static partial void ModelsChanged(ILogger logger, string models);

    [LoggerMessage(10027, LogLevel.Information, "stopping: {Count} requests to finish")]
    public static partial void Draining(ILogger logger, int count);

    [LoggerMessage(10028, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(10029, LogLevel.Warning, "stopped with {Count} requests cut off")]
    public static partial void CutOff(ILogger logger, int count);

    [LoggerMessage(10030, LogLevel.Information, "the relay sends no new requests for now")]
    public static partial void RelayDrains(ILogger logger);

    [LoggerMessage(10031, LogLevel.Information, "the relay sends requests again")]
    public static partial void RelayResumes(ILogger logger);

    [LoggerMessage(10032, LogLevel.Error, "the relay broke the protocol: {Fault}")]
    public static partial void BadRelay(ILogger logger, NodeWireFault fault);

    [LoggerMessage(10033, LogLevel.Error, "what answers at {Upstream} is no model server: {Why}")]
    public static partial void NoModelServer(ILogger logger, Uri upstream, string why);

    [LoggerMessage(10034, LogLevel.Error, "the relay closed the connection for good: {Why}")]
    public static partial void Dismissed(ILogger logger, string why);
}
