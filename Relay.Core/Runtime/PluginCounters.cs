namespace Relay.Core.Runtime;

/// <summary>What a process counts of one plugin, for all tenants and users together.</summary>
/// <param name="prefix">The plugin's prefix.</param>
public sealed class PluginCounters(string prefix)
{
    internal long CrashesValue;
    internal long TimeLimitsValue;
    internal long RestartsValue;
    internal long FailedValue;
    internal long AbandonedValue;
    internal long RefusedRunsValue;

    /// <summary>Which plugin.</summary>
    public string Prefix => prefix;

    /// <summary>Crashes of instances.</summary>
    public long Crashes => Volatile.Read(ref CrashesValue);

    /// <summary>Those crashes that were a time limit's breach.</summary>
    public long TimeLimits => Volatile.Read(ref TimeLimitsValue);

    /// <summary>Instances that took the place of one that had crashed.</summary>
    public long Restarts => Volatile.Read(ref RestartsValue);

    /// <summary>Times that it was marked as failed.</summary>
    public long Failed => Volatile.Read(ref FailedValue);

    /// <summary>Abandoned instances whose code still runs.</summary>
    public long Abandoned => Volatile.Read(ref AbandonedValue);

    /// <summary>Handlers not run because too many were abandoned.</summary>
    public long RefusedRuns => Volatile.Read(ref RefusedRunsValue);
}
