using Microsoft.Extensions.Logging;

namespace Relay.Plugins.Ai;

internal static partial class AiLog
{
    [LoggerMessage(3301, LogLevel.Warning, "A chat failed at the upstream: status {Status}, cause {Cause}")]
    public static partial void UpstreamFailed(this ILogger log, int? status, string cause);

    [LoggerMessage(3302, LogLevel.Warning, "A chat failed: the upstream was silent for {Seconds} s")]
    public static partial void UpstreamSilent(this ILogger log, double seconds);
}
