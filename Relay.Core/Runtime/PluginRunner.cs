using Relay.Abstractions;
using Relay.Core.Plugins;

namespace Relay.Core.Runtime;

/// <summary>
/// One plugin instance and the running of its code. The host gives it one piece at a time; detached handlers run on beside it.
/// Whatever the code does (throw, hang, wake late) ends as news for the host.
/// </summary>
internal sealed class PluginRunner(PluginHostActor host, long incarnation) : UserRun
{
    private readonly HostedContext _context = new(host, incarnation);
    private PluginInstance? _instance;
    private PluginRequest? _request;
    private UserWork _work = UserWork.Start;
    private bool _present;
    private long _runningSince = NotRunning;
    private int _outstanding;
    private int _fenced;
    private int _abandoned;

    private const long NotRunning = -1;

    internal long Incarnation => incarnation;

    internal override bool Inline => host.Pool.Inline;

    internal TimeSpan? RunningSince => Volatile.Read(ref _runningSince) is var ticks and not NotRunning ? new(ticks) : null;

    internal void Start(TurnScope scope) => Enqueue(UserWork.Start, scope);

    internal void Handle(PluginRequest request, TurnScope scope)
    {
        _request = request;
        Enqueue(UserWork.Message, scope);
    }

    internal void TellPresence(bool present, TurnScope scope)
    {
        _present = present;
        Enqueue(UserWork.Presence, scope);
    }

    internal void Stop(TurnScope scope) => Enqueue(UserWork.Stop, scope);

    internal void Cancel() => _context.Cancel();

    /// <summary>Ends the instance's rights for good.</summary>
    internal void Fence()
    {
        if (Interlocked.Exchange(ref _fenced, 1) != 0) return;
        _context.Fence();
        // Counting itself in keeps the last one from leaving until it is known whether code still runs.
        if (Interlocked.Increment(ref _outstanding) > 1)
        {
            Volatile.Write(ref _abandoned, 1);
            host.Pool.CountAbandoned(1);
        }

        Leave();
    }

    internal override UserOutcome Invoke(TurnScope scope)
    {
        // Into locals: once a handler has detached, the next piece may be given here while this one still runs.
        var (work, request, present) = (_work, _request, _present);
        _request = null;
        if (!Enter()) return default;
        if (work is UserWork.Start or UserWork.Message && !host.Pool.MayRun)
        {
            host.Refused(incarnation, request);
            Leave();
            return default;
        }

        Volatile.Write(ref _runningSince, scope.Turn(host.Clock).Now.Ticks);
        var began = work == UserWork.Message ? Begin(request!) : TimeSpan.Zero;
        var span = request?.Span is { } message ? PluginSpan.Begin(message, request, host.Prefix) : null;
        var slot = WatchSlot.Enter(host);
        ValueTask task;
        try
        {
            task = work switch
            {
                UserWork.Start => StartAsync(),
                UserWork.Message => _instance!.Plugin.HandleAsync(request!, _context.Stopping),
                UserWork.Presence => present ? _instance!.Plugin.ResumeAsync(_context.Stopping) : _instance!.Plugin.ShutdownAsync(_context.Stopping),
                UserWork.Stop => _instance?.Plugin.StopAsync(_context.TimeOver) ?? default,
            };
        }
        catch (Exception e)
        {
            End(began);
            span?.End(e);
            return new(true, work, request, e);
        }
        finally
        {
            slot.Exit();
        }

        span?.Leave();

        if (task.IsCompletedSuccessfully)
        {
            task.GetAwaiter().GetResult();
            End(began);
            span?.End(null);
            return new(true, work, request, null);
        }

        host.Watch();
        _ = AwaitAsync(task, work, request, began, span);
        return default;
    }

    internal override void Report(in UserOutcome outcome)
    {
        var (_, work, request, error) = outcome;
        if (error is TooManyOpenRequestsException busy && request is not null)
        {
            request.Fail("busy", busy.Message);
            error = null;
        }

        if (error is OperationCanceledException && (_context.Stopping.IsCancellationRequested || request?.Stream?.Cancelled.IsCancellationRequested == true)) error = null;
        // Fenced here it is known to be replaced already.
        if (error?.GetBaseException() is StoreFencedException && Volatile.Read(ref _fenced) == 0 && host.Superseded(incarnation))
        {
            Leave();
            return;
        }

        if (error is not null) host.Crashed(incarnation, error, request);
        else if (work == UserWork.Start) host.Post(PluginInput.Ready(incarnation));
        else if (work == UserWork.Message) host.Post(PluginInput.HandlerEnded(request!));
        else if (work == UserWork.Presence) host.Post(PluginInput.PresenceHandled(incarnation));
        else host.Post(PluginInput.Stopped(incarnation));
        Leave();
    }

    private async Task AwaitAsync(ValueTask task, UserWork work, PluginRequest? request, TimeSpan began, PluginSpan? span)
    {
        Exception? error = null;
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error = e;
        }

        End(began);
        span?.End(error);
        using var scope = TurnScope.Enter();
        Report(new(true, work, request, error));
    }

    // A message that is timed is given to the plugin. Zero when it is not.
    private TimeSpan Begin(PluginRequest request)
    {
        if (request.Taken == TimeSpan.Zero) return TimeSpan.Zero;
        var now = host.Clock.Now;
        host.Runtime.Counters.Dispatches.Add(now - request.Taken);
        return now;
    }

    private void End(TimeSpan began)
    {
        if (began != TimeSpan.Zero) host.Runtime.Counters.Handlers.Add(host.Clock.Now - began, host.Prefix);
    }

    private ValueTask StartAsync()
    {
        _instance = host.Create();
        return _instance.Plugin.StartAsync(_context, _context.Stopping);
    }

    private void Enqueue(UserWork work, TurnScope scope)
    {
        _work = work;
        Volatile.Write(ref _runningSince, NotRunning);
        scope.Run(this);
    }

    private bool Enter()
    {
        Interlocked.Increment(ref _outstanding);
        if (Volatile.Read(ref _fenced) == 0) return true;
        Leave();
        return false;
    }

    // The last one out of a fenced instance disposes it.
    private void Leave()
    {
        if (Interlocked.Decrement(ref _outstanding) > 0 || Volatile.Read(ref _fenced) == 0) return;
        if (Interlocked.Exchange(ref _abandoned, 0) != 0) host.Pool.CountAbandoned(-1);
        if (Interlocked.Exchange(ref _instance, null) is { } instance) _ = DisposeAsync(instance);
    }

    private async Task DisposeAsync(PluginInstance instance)
    {
        // Author's code: away from any turn.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await instance.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            host.DisposeFailed(e);
        }
    }
}
