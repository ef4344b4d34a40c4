using Relay.Core.Errors;

namespace Relay.Core.Plugins;

/// <content>Instances that end without a crash.</content>
public sealed partial class PluginInbox
{
    /// <summary>The hub ends the instance. What it has not begun with goes to the hub's successor, if there is one.</summary>
    /// <param name="incarnation">Its number.</param>
    /// <param name="turn">The turn.</param>
    public void End(long incarnation, Turn turn)
    {
        HandBack();
        if (incarnation != _incarnation || _phase is Phase.Empty or Phase.Ending) return;
        _endedByHub = true;
        BeginEnding(turn.Now + _limits.CancelTimeout);
        Next();
    }

    /// <summary>The instance ends itself: nothing is cancelled before the code that holds its turn is done.</summary>
    /// <param name="incarnation">Its number.</param>
    public void EndItself(long incarnation)
    {
        if (incarnation != _incarnation || _phase is not (Phase.Starting or Phase.Ready)) return;
        _phase = Phase.Leaving;
        Next();
    }

    /// <summary>What the instance does must not go on, whoever waits for it. It ends, and the next message starts another.</summary>
    /// <param name="turn">The turn.</param>
    public void Interrupt(Turn turn)
    {
        // A start is let finish: it has a time limit of its own.
        if (_phase == Phase.Starting) EndItself(_incarnation);
        if (_phase != Phase.Ready) return;
        BeginEnding(turn.Now + _limits.CancelTimeout);
        Next();
    }

    /// <summary>The instance has ended.</summary>
    /// <param name="incarnation">Its number.</param>
    public void InstanceStopped(long incarnation)
    {
        if (incarnation == _incarnation && _code == Code.Stop) Ended(Cut);
    }

    /// <summary>The hub ends: what waits is handed back.</summary>
    public void HandBack()
    {
        foreach (var (connection, waiting) in _pending.TakeAll()) connection.HandBack(waiting);
    }

    /// <summary>An instance in another process has taken this one's place. That is no crash, and the hub here ends.</summary>
    /// <param name="incarnation">The instance.</param>
    public void Superseded(long incarnation)
    {
        if (incarnation != _incarnation || _phase == Phase.Empty) return;
        HandBack();
        Ended(ErrorCode.OutcomeUnknown);
    }

    // What an instance that the hub ends leaves open has failed through no fault of the plugin.
    private ErrorCode Cut => _endedByHub ? ErrorCode.OutcomeUnknown : ErrorCode.PluginFailed;

    private void Ended(ErrorCode open)
    {
        var incarnation = _incarnation;
        _presence.Clear();
        Clear(open);
        _port.ReportEnded(incarnation, _pending.Count > 0);
    }

    private void BeginEnding(TimeSpan? by)
    {
        (_phase, _endBy) = (Phase.Ending, by);
        _port.Cancel(_incarnation);
        foreach (var request in _detached) _port.Cancel(request);
        _port.WantSweep();
    }
}
