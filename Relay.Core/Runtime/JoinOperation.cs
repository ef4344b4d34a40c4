using System.Threading.Tasks.Sources;
using Relay.Core.Errors;
using Relay.Core.Hubs;

namespace Relay.Core.Runtime;

/// <summary>A join on its way: first to the central hub, which finds or makes the user's hub, then to that hub.</summary>
/// <remarks>
/// When the central hub answers at once, the caller takes the second step itself, after everything that the first one led to has
/// run: so the welcome of a new hub shows the plugins that have started with it.
/// </remarks>
internal sealed class JoinOperation(InProcessRuntime runtime, UserKey user, IHubConnection connection) : IValueTaskSource<JoinResult>
{
    private const int Asked = 0;
    private const int Answered = 1;
    private const int CallerWaits = 2;

    private ManualResetValueTaskSourceCore<JoinResult> _result = new() { RunContinuationsAsynchronously = true };
    private UserHubActor? _hub;
    private ErrorCode _refusal;
    private int _state;

    internal UserKey User => user;

    internal IHubConnection Connection => connection;

    internal ValueTask<JoinResult> Begin(CentralHubActor central)
    {
        central.Post(CentralInput.Route(this));
        if (Interlocked.CompareExchange(ref _state, CallerWaits, Asked) == Answered) Continue();
        return new(this, _result.Version);
    }

    /// <summary>The central hub's answer, in its turn.</summary>
    internal void Routed(UserHubActor? hub, ErrorCode refusal)
    {
        (_hub, _refusal) = (hub, refusal);
        if (Interlocked.CompareExchange(ref _state, Answered, Asked) == CallerWaits) Continue();
    }

    /// <summary>The user hub's answer, in its turn.</summary>
    internal void Complete(JoinResult result)
    {
        Interlocked.Increment(ref result.Link is null ? ref runtime.Counters.RejectedJoinsValue : ref runtime.Counters.JoinsValue);
        _result.SetResult(result);
    }

    JoinResult IValueTaskSource<JoinResult>.GetResult(short token) => _result.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<JoinResult>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<JoinResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _result.OnCompleted(continuation, state, token, flags);

    private void Continue()
    {
        if (_hub is null) Complete(new(null, _refusal));
        else _hub.Post(HubInput.Join(this));
    }
}
