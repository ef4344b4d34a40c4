using Microsoft.Extensions.Logging;

namespace Relay.Core.Runtime;

/// <summary>What the runtime logs: hubs 2xxx, plugins 3xxx.</summary>
internal sealed partial class RuntimeLog(ILogger logger)
{
    [LoggerMessage(2001, LogLevel.Error, "A turn of a {Actor} threw; the relay has a bug")]
    internal partial void TurnFault(Exception exception, string actor);

    [LoggerMessage(2002, LogLevel.Warning, "The hub of {User} did not end in twice the cancel timeout and is forgotten")]
    internal partial void HubAbandoned(UserKey user);

    [LoggerMessage(2003, LogLevel.Warning, "The hub of {User} has begun anew in another process; this one ends")]
    internal partial void HubSuperseded(UserKey user);

    [LoggerMessage(3001, LogLevel.Error, "Plugin {Plugin} of {User} crashed (instance {Incarnation}, connection {Connection})")]
    internal partial void PluginCrashed(Exception exception, string plugin, UserKey user, long incarnation, string? connection);

    [LoggerMessage(3002, LogLevel.Error, "Plugin {Plugin} of {User} ran for longer than plugins.handler_timeout and is abandoned (instance {Incarnation}, connection {Connection})")]
    internal partial void PluginOverTime(string plugin, UserKey user, long incarnation, string? connection);

    [LoggerMessage(3003, LogLevel.Error, "Plugin {Plugin} of {User} has failed")]
    internal partial void PluginFailed(string plugin, UserKey user);

    [LoggerMessage(3004, LogLevel.Warning, "Plugin {Plugin} of {User} threw while it was disposed")]
    internal partial void PluginDisposeFailed(Exception exception, string plugin, UserKey user);

    [LoggerMessage(3005, LogLevel.Error, "Plugin {Plugin} of {User} is not started: {Abandoned} of its handlers in this tenant hang")]
    internal partial void PluginNotStarted(string plugin, UserKey user, int abandoned);

    [LoggerMessage(3006, LogLevel.Warning, "Plugin {Plugin} declares Inline and blocked a thread; it runs on the pool from now on")]
    internal partial void InlineRevoked(string plugin);
}
