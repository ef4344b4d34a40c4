namespace Relay.Core.Nodes;

/// <summary>
/// Calls that wait for one model. Callers take turns, whatever number of calls each has; when the queue is full, who has the most in it gives up its newest
/// to one that has fewer.
/// </summary>
/// <typeparam name="TCall">How the runtime names a call.</typeparam>
internal sealed class CallQueue<TCall>(int limit)
    where TCall : class
{
    private readonly LinkedList<Caller> _turns = new();
    private readonly Dictionary<string, LinkedListNode<Caller>> _callers = new(StringComparer.Ordinal);
    private readonly Dictionary<TCall, Caller> _calls = [];

    /// <summary>How many may wait. Those that do stay when it becomes less.</summary>
    internal int Limit { get; set; } = limit;

    internal int Count => _calls.Count;

    /// <summary>Puts a call last in its caller's line.</summary>
    /// <param name="waiting">The call.</param>
    /// <param name="displaced">Another caller's call, which lost its place to it.</param>
    /// <returns>False when the queue is full.</returns>
    internal bool TryAdd(Waiting<TCall> waiting, out TCall? displaced)
    {
        displaced = null;
        var own = _callers.TryGetValue(waiting.Ask.Caller, out var known) ? known.Value.Calls.Count : 0;
        if (Count >= Limit)
        {
            if (_turns.MaxBy(static caller => caller.Calls.Count) is not { } greediest || greediest.Calls.Count <= own + 1) return false;
            displaced = greediest.Calls.Last!.Value.Call;
            Remove(displaced);
        }

        if (known is null) _callers.Add(waiting.Ask.Caller, known = _turns.AddLast(new Caller(waiting.Ask.Caller)));
        known.Value.Calls.AddLast(waiting);
        _calls.Add(waiting.Call, known.Value);
        return true;
    }

    /// <summary>Takes the next call that may go to a node.</summary>
    internal Waiting<TCall>? Take(string nodeId)
    {
        for (var turn = _turns.First; turn is not null; turn = turn.Next)
        {
            for (var place = turn.Value.Calls.First; place is not null; place = place.Next)
            {
                if (place.Value.Ask.Without.Contains(nodeId)) continue;
                var taken = place.Value;
                Remove(taken.Call);
                // Whoever has had a turn stands behind all others.
                if (turn.List is null) return taken;
                _turns.Remove(turn);
                _turns.AddLast(turn);
                return taken;
            }
        }

        return null;
    }

    /// <summary>Takes a call out, if it waits.</summary>
    internal bool Remove(TCall call)
    {
        if (!_calls.Remove(call, out var caller)) return false;
        var place = caller.Calls.First;
        while (!place!.Value.Call.Equals(call)) place = place.Next;
        caller.Calls.Remove(place);
        if (caller.Calls.Count > 0) return true;
        _callers.Remove(caller.Key, out var turn);
        _turns.Remove(turn!);
        return true;
    }

    /// <summary>Those that have waited since then or longer.</summary>
    internal List<TCall> Since(TimeSpan then) => [.. _turns.SelectMany(static caller => caller.Calls).Where(waiting => waiting.Since <= then).Select(static waiting => waiting.Call)];

    /// <summary>All that wait, in the callers' turns.</summary>
    internal IEnumerable<Waiting<TCall>> All() => _turns.SelectMany(static caller => caller.Calls);

    private sealed class Caller(string key)
    {
        internal string Key => key;

        internal LinkedList<Waiting<TCall>> Calls { get; } = new();
    }
}

/// <summary>A call that waits.</summary>
internal sealed record Waiting<TCall>(TCall Call, NodeAsk Ask, TimeSpan Since);
