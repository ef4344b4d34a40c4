using Relay.Core.Plugins;

namespace Relay.Core.Runtime;

/// <summary>What came of a piece of plugin code.</summary>
/// <param name="IsKnown">False when the code goes on asynchronously, or was not run at all.</param>
/// <param name="Work">What it was.</param>
/// <param name="Request">The message that was handled, if it was one.</param>
/// <param name="Error">What it threw, or null.</param>
internal readonly record struct UserOutcome(bool IsKnown, UserWork Work, PluginRequest? Request, Exception? Error);

/// <summary>The kinds of plugin code.</summary>
internal enum UserWork
{
    Start,
    Message,
    Presence,
    Stop,
}
