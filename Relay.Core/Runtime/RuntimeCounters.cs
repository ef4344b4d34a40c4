using System.Collections.Concurrent;

namespace Relay.Core.Runtime;

/// <summary>What the runtime counts; read by the metrics. Every bounded thing's overflow is here.</summary>
public sealed class RuntimeCounters
{
    private readonly ConcurrentDictionary<string, PluginCounters> _plugins = new(StringComparer.Ordinal);

    internal long JoinsValue;
    internal long RejectedJoinsValue;
    internal long LateTerminalsValue;
    internal long DroppedMessagesValue;
    internal long BlockedThreadsValue;
    internal long RevokedInlineValue;
    internal long TurnFaultsValue;
    internal long CollectedHubsValue;
    internal long WaitingMessagesValue;

    /// <summary>By plugin: all that are installed are there from the start, and no others.</summary>
    public IEnumerable<PluginCounters> Plugins => _plugins.Values;

    /// <summary>Connections welcomed.</summary>
    public long Joins => Volatile.Read(ref JoinsValue);

    /// <summary>Connections refused by a hub or for want of one.</summary>
    public long RejectedJoins => Volatile.Read(ref RejectedJoinsValue);

    /// <summary>Crashes of plugin instances.</summary>
    public long Crashes => Plugins.Sum(static plugin => plugin.Crashes);

    /// <summary>Those crashes that were a time limit's breach.</summary>
    public long TimeLimits => Plugins.Sum(static plugin => plugin.TimeLimits);

    /// <summary>Plugins marked as failed.</summary>
    public long FailedPlugins => Plugins.Sum(static plugin => plugin.Failed);

    /// <summary>Terminals that came after the first, or from a fenced instance, and were dropped.</summary>
    public long LateTerminals => Volatile.Read(ref LateTerminalsValue);

    /// <summary>Messages of closed connections that were dropped from a full inbox.</summary>
    public long DroppedMessages => Volatile.Read(ref DroppedMessagesValue);

    /// <summary>Abandoned instances whose code still runs.</summary>
    public long Abandoned => Plugins.Sum(static plugin => plugin.Abandoned);

    /// <summary>Handlers not run because too many were abandoned.</summary>
    public long RefusedRuns => Plugins.Sum(static plugin => plugin.RefusedRuns);

    /// <summary>Threads that plugin code blocks now.</summary>
    public long BlockedThreads => Volatile.Read(ref BlockedThreadsValue);

    /// <summary>Plugins that lost the right to run inline.</summary>
    public long RevokedInline => Volatile.Read(ref RevokedInlineValue);

    /// <summary>Turns that threw: bugs of the relay.</summary>
    public long TurnFaults => Volatile.Read(ref TurnFaultsValue);

    /// <summary>How long messages took from the socket to the plugin: of those that came in one read, the first is timed.</summary>
    public Durations Dispatches { get; } = new();

    /// <summary>How long the handlers of those messages took, by plugin.</summary>
    public Durations Handlers { get; } = new();

    /// <summary>Messages that wait in plugins' inboxes.</summary>
    public long WaitingMessages => Volatile.Read(ref WaitingMessagesValue);

    /// <summary>Hubs that ended because nobody used them.</summary>
    public long CollectedHubs => Volatile.Read(ref CollectedHubsValue);

    // Only what is in the registry has a name here. Whoever counts often keeps what this gives.
    internal PluginCounters Of(string prefix) => _plugins.GetOrAdd(prefix, static prefix => new(prefix));
}
