namespace Relay.Grains.Tests.Processes.Support;

/// <summary>A message with a request_id, and what became of it.</summary>
/// <param name="number">Above those of the requests before it. Also the request_id.</param>
/// <param name="type">The message's type.</param>
/// <param name="by">The connection that sent it.</param>
internal sealed class Request(long number, string type, ClusterClient by)
{
    /// <summary>The outcome of what was under way when its socket broke: the client cannot know.</summary>
    public const string Broken = "(socket broken)";

    private readonly TaskCompletionSource<string> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _terminals;

    public long Number => number;

    public string Type => type;

    public ClusterClient By => by;

    public string User => by.User;

    /// <summary>The type of the answer, or the code of an error.</summary>
    public Task<string> Outcome => _outcome.Task;

    public bool IsUnknown => Result == "outcome_unknown";

    /// <summary>The client cannot know whether it was handled.</summary>
    public bool MayHaveRun => Result is "outcome_unknown" or "session_outcome_unknown" or Broken;

    /// <summary>It was answered as it wanted to be.</summary>
    public bool IsDone => Result is "run_done" or "session_state_set";

    /// <summary>The outcome of one that has one.</summary>
    public string Result => _outcome.Task.IsCompletedSuccessfully ? _outcome.Task.Result : "(none)";

    /// <summary>The answer's version, of a session.</summary>
    public long Version { get; private set; }

    /// <summary>How often it was answered.</summary>
    public int Terminals => Volatile.Read(ref _terminals);

    public void Answer(string outcome, long version)
    {
        Interlocked.Increment(ref _terminals);
        Version = version;
        _outcome.TrySetResult(outcome);
    }

    public void Break() => _outcome.TrySetResult(Broken);

    public override string ToString() => $"{Type} {Number} of {by.User}: {Result}";
}
