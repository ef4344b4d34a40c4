using Relay.Core.Errors;
using Relay.Core.Hubs;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;

namespace Relay.Core.Plugins;

/// <summary>
/// The rules of a plugin's host: messages wait here and are handled one at a time, each request gets exactly one terminal, time
/// limits are kept, and an instance that crashed is fenced. A synchronous state machine; see <see cref="IPluginInboxPort"/> for its effects.
/// </summary>
public sealed partial class PluginInbox
{
    private readonly InboxLimits _limits;
    private readonly IRequestOwner _owner;
    private readonly IPluginInboxPort _port;
    private readonly PendingMessages _pending;
    private readonly Queue<bool> _presence = new();
    private readonly List<PluginRequest> _detached = [];
    private Phase _phase = Phase.Empty;
    private Code _code = Code.None;
    private PluginRequest? _current;
    private long _incarnation;
    private TimeSpan? _endBy;
    private bool _endedByHub;

    /// <summary>Makes the inbox.</summary>
    /// <param name="limits">What bounds it.</param>
    /// <param name="owner">What its requests belong to.</param>
    /// <param name="waiter">Who is told when a connection has room again.</param>
    /// <param name="port">The inbox's effects.</param>
    public PluginInbox(InboxLimits limits, IRequestOwner owner, IRoomWaiter waiter, IPluginInboxPort port) =>
        (_limits, _owner, _port, _pending) = (limits, owner, port, new(limits, waiter));

    // Empty: no instance. Leaving: it ends when the code that holds its turn is done. Ending: its token has fired and its code may finish.
    private enum Phase
    {
        Empty,
        Starting,
        Ready,
        Leaving,
        Ending,
    }

    // The plugin code that holds the instance's one turn.
    private enum Code
    {
        None,
        Start,
        Message,
        Presence,
        Stop,
    }

    /// <summary>Whether <see cref="Sweep"/> has something to watch.</summary>
    public bool NeedsSweep => _code != Code.None || _phase == Phase.Ending || _detached.Count > 0;

    /// <summary>The message in the plugin's hands, if any; of detached ones none.</summary>
    internal PluginRequest? Current => _current;

    /// <summary>Messages that wait.</summary>
    internal int Waiting => _pending.Count;

    /// <summary>The hub wants an instance.</summary>
    /// <param name="incarnation">Its number.</param>
    public void Start(long incarnation)
    {
        if (incarnation <= _incarnation || _phase != Phase.Empty) return;
        (_incarnation, _phase, _code, _endedByHub) = (incarnation, Phase.Starting, Code.Start, false);
        _port.Start(incarnation);
    }

    /// <summary>The instance may not be made, because too much of the plugin's code hangs. That is no crash: the next message asks again.</summary>
    /// <param name="incarnation">Its number.</param>
    /// <param name="message">What those who wait are told.</param>
    public void StartRefused(long incarnation, string message)
    {
        if (incarnation != _incarnation || _code != Code.Start) return;
        Fail(message);
        Ended(ErrorCode.PluginFailed);
    }

    /// <summary>A message for the plugin.</summary>
    /// <param name="connection">Who sent it.</param>
    /// <param name="message">The message.</param>
    public void Post(IHubConnection connection, in ClientEnvelope message)
    {
        if (_phase == Phase.Ready && _code == Code.None && _pending.Count == 0 && connection.HasRoom)
        {
            Run(connection, message);
            return;
        }

        for (var dropped = _pending.Add(connection, message); dropped > 0; dropped--) _port.ReportDropped();
        if (_phase == Phase.Empty) _port.ReportWanted();
        else Next();
    }

    /// <summary>The user's clients have come or gone.</summary>
    /// <param name="present">True for 0 → 1, false for 1 → 0.</param>
    public void Presence(bool present)
    {
        if (_phase is not (Phase.Starting or Phase.Ready)) return;
        // Behind a handler that hangs, news that undoes news not yet told is no news: there and back and there again is there.
        if (_presence.Count >= 2) _presence.Clear();
        _presence.Enqueue(present);
        Next();
    }

    /// <summary>An instance has started.</summary>
    /// <param name="incarnation">Its number.</param>
    public void InstanceReady(long incarnation)
    {
        if (incarnation != _incarnation || _code != Code.Start) return;
        _code = Code.None;
        if (_phase == Phase.Starting)
        {
            _phase = Phase.Ready;
            _port.ReportStarted(incarnation);
        }

        Next();
    }

    /// <summary>A handler has returned.</summary>
    /// <param name="request">Its message.</param>
    public void HandlerEnded(PluginRequest request)
    {
        if (request.Incarnation != _incarnation || request.IsDetached) return;
        // A handler that was told to stop may have done some of its work: saying that it gave no answer would be taken for "not done".
        request.Finish(_phase == Phase.Ending && _endedByHub ? ErrorCode.OutcomeUnknown : ErrorCode.NoAnswer, null);
        if (!ReferenceEquals(request, _current)) return;
        TurnOver();
    }

    /// <summary><c>resume</c> or <c>shutdown</c> has returned.</summary>
    /// <param name="incarnation">The instance.</param>
    public void PresenceHandled(long incarnation)
    {
        if (incarnation == _incarnation && _code == Code.Presence) TurnOver();
    }

    /// <summary>An exception came out of plugin code.</summary>
    /// <param name="incarnation">The instance.</param>
    public void CodeCrashed(long incarnation)
    {
        if (incarnation == _incarnation && _phase != Phase.Empty) Crash(CrashCause.Exception);
    }

    /// <summary>A connection has room again.</summary>
    /// <param name="connection">The connection.</param>
    public void RoomAgain(IHubConnection connection)
    {
        _pending.RoomAgain(connection);
        Next();
    }

    /// <summary>The hub has marked the plugin as failed: what waits is answered.</summary>
    /// <param name="message">What a person reads, or null for the catalogue's sentence.</param>
    public void Fail(string? message = null)
    {
        _presence.Clear();
        foreach (var (connection, waiting) in _pending.TakeAll())
        {
            connection.Answer(Frames.Error(ErrorCode.PluginFailed, message, waiting.RequestId), waiting.Credit);
            RelayTrace.End(waiting, ErrorCode.PluginFailed);
        }
    }

    /// <summary>Keeps the time limits.</summary>
    /// <param name="turn">The turn.</param>
    public void Sweep(Turn turn)
    {
        if (_phase == Phase.Ending)
        {
            _endBy ??= turn.Now + _limits.CancelTimeout;
            if (turn.Now >= _endBy) Ended(Cut);
        }
        else if (_code != Code.None && _port.RunningSince is { } since && turn.Now - since >= _limits.HandlerTimeout)
        {
            Crash(CrashCause.TimeLimit);
        }

        for (var i = _detached.Count - 1; i >= 0; i--)
        {
            var request = _detached[i];
            if (turn.Now - request.LastProgress(turn.Now) < _limits.DetachedIdleTimeout) continue;
            _detached.RemoveAt(i);
            request.Finish(ErrorCode.PluginFailed, $"The request showed no progress for {_limits.DetachedIdleTimeout.TotalSeconds:0.###} s.");
            _port.Cancel(request);
        }
    }

    private void TurnOver()
    {
        (_code, _current) = (Code.None, null);
        Next();
    }

    private void Next()
    {
        if (_code != Code.None) return;
        // Without a turn's time: the next sweep sets the limit.
        if (_phase == Phase.Leaving) BeginEnding(null);
        if (_phase == Phase.Ending)
        {
            _code = Code.Stop;
            _port.Stop(_incarnation);
        }
        else if (_phase == Phase.Ready)
        {
            if (_presence.TryDequeue(out var present))
            {
                _code = Code.Presence;
                _port.RunPresence(_incarnation, present);
            }
            else if (_pending.Count > 0 && _pending.TryTake(out var next))
            {
                Run(next.Connection, next.Message);
            }
        }
    }

    private void Run(IHubConnection connection, in ClientEnvelope message)
    {
        _code = Code.Message;
        _current = new PluginRequest(_owner, _incarnation, connection, message);
        _port.Run(_current);
    }

    // The poison may be the message in hand or any detached one: all are answered, none is given to the next instance.
    private void Crash(CrashCause cause)
    {
        if (_phase == Phase.Ending)
        {
            Ended(ErrorCode.PluginFailed);
            return;
        }

        var incarnation = _incarnation;
        Clear(ErrorCode.PluginFailed);
        _port.ReportCrashed(incarnation, cause);
    }

    private void Clear(ErrorCode open)
    {
        _port.Fence(_incarnation);
        _current?.Finish(open, null);
        foreach (var request in _detached)
        {
            request.Finish(open, null);
            _port.Cancel(request);
        }

        _detached.Clear();
        (_phase, _code, _current) = (Phase.Empty, Code.None, null);
    }
}
