using Relay.Core;

namespace Relay.Gateway.Webhooks;

/// <summary>What webhooks log: ids 1750 to 1799, never an address, an event or a secret.</summary>
internal static partial class WebhookLog
{
    [LoggerMessage(1750, LogLevel.Warning, "The receiver of webhooks of tenant {Tenant} does not take events (status {Status}, 0 for no answer); they are tried again")]
    public static partial void Failing(ILogger logger, TenantId tenant, int status);

    [LoggerMessage(1751, LogLevel.Information, "The receiver of webhooks of tenant {Tenant} takes events again")]
    public static partial void Working(ILogger logger, TenantId tenant);

    [LoggerMessage(1752, LogLevel.Error, "{Events} events of tenant {Tenant} were given up (status {Status}, 0 for no answer)")]
    public static partial void GivenUp(ILogger logger, int events, TenantId tenant, int status);

    [LoggerMessage(1753, LogLevel.Error, "Events of webhooks cannot be kept now: {Reason}")]
    public static partial void NotKept(ILogger logger, string reason);

    [LoggerMessage(1754, LogLevel.Information, "{Events} events of webhooks were kept from before")]
    public static partial void Kept(ILogger logger, long events);

    [LoggerMessage(1755, LogLevel.Error, "A delivery of webhooks of tenant {Tenant} failed unexpectedly")]
    public static partial void Broken(ILogger logger, TenantId tenant, Exception exception);

    [LoggerMessage(1756, LogLevel.Warning, "Whoever is asked about WebSockets of tenant {Tenant} gave no answer (status {Status}, 0 for none)")]
    public static partial void NoDecision(ILogger logger, TenantId tenant, int status);
}
