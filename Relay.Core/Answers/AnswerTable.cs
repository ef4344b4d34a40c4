namespace Relay.Core.Answers;

/// <summary>
/// Answers that were given to a tenant's back ends under keys of their own, kept for a while: a request that comes again with its key gets the answer of the
/// first, and is not performed again. A synchronous state machine without effects.
/// </summary>
/// <param name="limits">What bounds it.</param>
/// <param name="firstNumber">Higher than those of tables that were here before: news of their requests is ignored.</param>
public sealed class AnswerTable(AnswerLimits limits, long firstNumber)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // In the order of their times, since all are kept equally long.
    private readonly Queue<Entry> _order = new();
    private long _bytes;
    private long _numbers = firstNumber;

    /// <summary>Keys that are kept.</summary>
    public int Count => _entries.Count;

    /// <summary>A request with a key has come.</summary>
    /// <param name="key">The key.</param>
    /// <param name="request">What the request is, in short: the same key with another one is refused.</param>
    /// <param name="turn">The turn.</param>
    /// <returns>What becomes of it. One that is <see cref="AnswerPhase.Fresh"/> is to be completed or given up, with the number that is given.</returns>
    public AnswerBegin Begin(string key, string request, Turn turn)
    {
        Expire(turn);
        if (_entries.TryGetValue(key, out var known))
        {
            if (known.Request != request) return new(AnswerPhase.Other);
            if (known.Answer is { } answer) return new(AnswerPhase.Known, Answer: answer);
            if (turn.Now - known.Began < limits.Patience) return new(AnswerPhase.Running);
            // Whoever began it is gone.
            Forget(known);
        }

        if (_entries.Count >= limits.MaxKeys || _bytes >= limits.MaxBytes) return new(AnswerPhase.Full);
        var entry = new Entry(key, request, turn.Now, ++_numbers);
        _entries.Add(key, entry);
        _order.Enqueue(entry);
        _bytes += entry.Bytes;
        return new(AnswerPhase.Fresh, entry.Number);
    }

    /// <summary>A request has been performed.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="number">The number that it was given; news of an earlier one is ignored.</param>
    /// <param name="answer">What was answered.</param>
    public void Complete(string key, long number, KeptAnswer answer)
    {
        if (Find(key, number) is not { } entry) return;
        _bytes -= entry.Bytes;
        entry.Answer = answer;
        _bytes += entry.Bytes;
    }

    /// <summary>A request has come to nothing: the next one with its key is performed.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="number">The number that it was given; news of an earlier one is ignored.</param>
    public void GiveUp(string key, long number)
    {
        if (Find(key, number) is { } entry) Forget(entry);
    }

    /// <summary>Forgets what has been kept for long enough.</summary>
    /// <param name="turn">The turn.</param>
    public void Expire(Turn turn)
    {
        while (_order.TryPeek(out var first) && (first.IsForgotten || turn.Now - first.Began >= limits.Window))
        {
            _order.Dequeue();
            if (!first.IsForgotten) Forget(first);
        }
    }

    private Entry? Find(string key, long number) => _entries.TryGetValue(key, out var entry) && entry.Number == number && entry.Answer is null ? entry : null;

    private void Forget(Entry entry)
    {
        entry.IsForgotten = true;
        _bytes -= entry.Bytes;
        _entries.Remove(entry.Key);
    }

    private sealed class Entry(string key, string request, TimeSpan began, long number)
    {
        internal string Key => key;

        internal string Request => request;

        internal TimeSpan Began => began;

        internal long Number => number;

        internal KeptAnswer? Answer { get; set; }

        internal bool IsForgotten { get; set; }

        // What it takes of the memory, roughly.
        internal long Bytes => 200 + (2L * (key.Length + request.Length)) + (Answer?.Body.Length ?? 0);
    }
}

/// <summary>What bounds the answers that are kept for a tenant.</summary>
/// <param name="Window">How long an answer is kept.</param>
/// <param name="Patience">How long a request may run before the next one with its key takes its place: who began it may be lost.</param>
/// <param name="MaxKeys">Keys at the most; one more is refused, because to forget an earlier one would break what its caller was promised.</param>
/// <param name="MaxBytes">Bytes at the most.</param>
public sealed record AnswerLimits(TimeSpan Window, TimeSpan Patience, int MaxKeys, long MaxBytes);

/// <summary>What becomes of a request with a key.</summary>
public enum AnswerPhase
{
    /// <summary>It is the first: to be performed.</summary>
    Fresh,

    /// <summary>The first one is being performed.</summary>
    Running,

    /// <summary>The key was given for another request.</summary>
    Other,

    /// <summary>It was performed, and this was the answer.</summary>
    Known,

    /// <summary>There is no room for another key.</summary>
    Full,
}

/// <summary>What becomes of a request with a key.</summary>
/// <param name="Phase">What.</param>
/// <param name="Number">Of a fresh one: its number.</param>
/// <param name="Answer">Of a known one: the answer.</param>
public readonly record struct AnswerBegin(AnswerPhase Phase, long Number = 0, KeptAnswer? Answer = null);

/// <summary>An answer that was given.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body, JSON or empty.</param>
public sealed record KeptAnswer(int Status, byte[] Body);
