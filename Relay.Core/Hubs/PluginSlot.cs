namespace Relay.Core.Hubs;

/// <summary>What a user hub knows of one plugin: its state, its instance's incarnation, and its crashes.</summary>
/// <remarks>News of an earlier incarnation is ignored: it is about an instance that has been replaced.</remarks>
public sealed class PluginSlot
{
    private Phase _phase = Phase.Idle;
    private TimeSpan _lastCrash;
    private bool _wanted;

    private enum Phase
    {
        Idle,
        Starting,
        Running,
        Ending,
        Stopped,
        Failed,
    }

    /// <summary>The number of the instance that counts, 0 before the first.</summary>
    public long Incarnation { get; private set; }

    /// <summary>Crashes that count against the plugin.</summary>
    public int Crashes { get; private set; }

    /// <summary>The state as clients see it. An instance that ends for a hub that is wanted again is pending.</summary>
    public PluginStatus Status => _phase switch
    {
        Phase.Idle or Phase.Starting or Phase.Ending => PluginStatus.Pending,
        Phase.Running => PluginStatus.Running,
        Phase.Stopped => PluginStatus.Stopped,
        Phase.Failed => PluginStatus.Failed,
    };

    /// <summary>Whether an instance is there or on its way.</summary>
    public bool IsAlive => _phase is Phase.Starting or Phase.Running;

    /// <summary>Whether an instance is being ended and has not been heard of yet.</summary>
    public bool IsEnding => _phase == Phase.Ending;

    /// <summary>Asks for an instance.</summary>
    /// <param name="incarnation">The number that a new instance gets.</param>
    /// <returns>True when one has to be started now; false when one is there, comes later by itself, or never.</returns>
    public bool Want(long incarnation)
    {
        if (_phase == Phase.Ending) _wanted = true;
        if (_phase is not (Phase.Idle or Phase.Stopped)) return false;
        (_phase, Incarnation) = (Phase.Starting, incarnation);
        return true;
    }

    /// <summary>An instance is ready.</summary>
    /// <param name="incarnation">Which.</param>
    /// <returns>False when the news is old.</returns>
    public bool Started(long incarnation)
    {
        if (incarnation != Incarnation || _phase != Phase.Starting) return false;
        _phase = Phase.Running;
        return true;
    }

    /// <summary>An instance crashed.</summary>
    /// <param name="incarnation">Which.</param>
    /// <param name="next">The number that a new instance gets.</param>
    /// <param name="policy">How many crashes are forgiven.</param>
    /// <param name="now">The time.</param>
    /// <returns>What to do; <see cref="CrashVerdict.Ignore"/> when the news is old.</returns>
    public CrashVerdict Crashed(long incarnation, long next, RestartPolicy policy, TimeSpan now)
    {
        if (incarnation != Incarnation) return CrashVerdict.Ignore;
        if (_phase == Phase.Ending) return Ended(incarnation, next) ? CrashVerdict.Restart : CrashVerdict.Ended;
        if (!IsAlive) return CrashVerdict.Ignore;
        if (policy.Window is { } window && Crashes > 0 && now - _lastCrash > window) Crashes = 0;
        Crashes++;
        _lastCrash = now;
        if (Crashes > RestartPolicy.Restarts)
        {
            _phase = Phase.Failed;
            return CrashVerdict.Fail;
        }

        (_phase, Incarnation) = (Phase.Starting, next);
        return CrashVerdict.Restart;
    }

    /// <summary>An instance ended without a crash.</summary>
    /// <param name="incarnation">Which.</param>
    /// <param name="next">The number that a new instance gets.</param>
    /// <returns>True when a new one has to be started, because it was asked for meanwhile.</returns>
    public bool Ended(long incarnation, long next)
    {
        if (incarnation != Incarnation || _phase is not (Phase.Starting or Phase.Running or Phase.Ending)) return false;
        var again = _wanted;
        _wanted = false;
        _phase = _phase == Phase.Ending ? Phase.Idle : Phase.Stopped;
        if (!again) return false;
        (_phase, Incarnation) = (Phase.Starting, next);
        return true;
    }

    /// <summary>The hub ends: its instance has to, and one that was asked for meanwhile is not wanted any more.</summary>
    /// <returns>True when there is one to be ended.</returns>
    public bool End()
    {
        _wanted = false;
        if (!IsAlive) return false;
        _phase = Phase.Ending;
        return true;
    }

    /// <summary>An operator gives a failed plugin another life.</summary>
    /// <returns>False when it is not failed.</returns>
    public bool Revive()
    {
        if (_phase != Phase.Failed) return false;
        (_phase, Crashes) = (Phase.Idle, 0);
        return true;
    }

    /// <summary>The hub begins anew: what was counted against its plugins is forgotten.</summary>
    public void Renew()
    {
        Crashes = 0;
        if (_phase is Phase.Failed or Phase.Stopped) _phase = Phase.Idle;
    }
}

/// <summary>What follows a crash.</summary>
public enum CrashVerdict
{
    /// <summary>Nothing: the instance was replaced before.</summary>
    Ignore,

    /// <summary>A new instance.</summary>
    Restart,

    /// <summary>The plugin is failed.</summary>
    Fail,

    /// <summary>Nothing: the instance was being ended anyway.</summary>
    Ended,
}
