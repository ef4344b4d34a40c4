using System.Collections.Concurrent;
using System.Diagnostics;

namespace Relay.Benchmarks.Drain;

/// <summary>A request, with the time at which it was to be sent: what it waits for a way to the relay is the client's time too.</summary>
internal sealed record DrainAsk(int Number, long Due, bool IsWrite);

/// <summary>What became of a request.</summary>
/// <param name="Due">When it was to be sent.</param>
/// <param name="Done">When its answer was there.</param>
/// <param name="Outcome">The answer's type, or an error's code.</param>
/// <param name="IsError">Whether it is an error.</param>
/// <param name="Relay">Which of its client's relays answered.</param>
internal readonly record struct DrainOutcome(long Due, long Done, string Outcome, bool IsError, int Relay)
{
    public TimeSpan Took => Stopwatch.GetElapsedTime(Due, Done);
}

/// <summary>What all clients have seen.</summary>
internal sealed class DrainTally
{
    private readonly ConcurrentQueue<DrainOutcome> _outcomes = new();
    private long _asked;
    private long _again;
    private long _twice;

    public IReadOnlyCollection<DrainOutcome> Outcomes => _outcomes;

    /// <summary>Requests that were to be sent.</summary>
    public long Asked => Interlocked.Read(ref _asked);

    /// <summary>Requests that the relay closed upon without having taken them; they were sent again to the other one.</summary>
    public long Again => Interlocked.Read(ref _again);

    /// <summary>Answers to requests that had one, or to none.</summary>
    public long Twice => Interlocked.Read(ref _twice);

    /// <summary>Requests without an outcome.</summary>
    public long Open => Asked - _outcomes.Count;

    public int Answered(int relay) => _outcomes.Count(outcome => outcome.Relay == relay && !outcome.IsError);

    public void CountAsked() => Interlocked.Increment(ref _asked);

    public void CountAgain() => Interlocked.Increment(ref _again);

    public void CountTwice() => Interlocked.Increment(ref _twice);

    public void Count(in DrainOutcome outcome) => _outcomes.Enqueue(outcome);

    /// <summary>Waits until every request has its outcome, or for as long as a client would.</summary>
    public async Task SettleAsync()
    {
        for (var began = Stopwatch.GetTimestamp(); Open > 0 && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30);) await Task.Delay(50);
    }
}
