namespace Relay.Core.Runtime;

/// <summary>How long things of one kind take, for whoever wants to know. Until somebody does nothing is timed: no clock is read.</summary>
public sealed class Durations
{
    private Action<double, string?>? _to;

    /// <summary>Whether somebody wants to know.</summary>
    public bool AreWanted => Volatile.Read(ref _to) is not null;

    /// <summary>Says who is told, on whatever thread a duration is known: the seconds and a label.</summary>
    /// <param name="to">Who; null for nobody.</param>
    public void TellTo(Action<double, string?>? to) => Volatile.Write(ref _to, to);

    /// <summary>Something begins.</summary>
    /// <param name="time">The clock.</param>
    /// <returns>What <see cref="End"/> wants; 0 when nobody wants to know.</returns>
    public long Begin(TimeProvider time) => AreWanted ? time.GetTimestamp() : 0;

    /// <summary>It has ended.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="began">What <see cref="Begin"/> gave.</param>
    /// <param name="label">Which it was, of the kinds that are told apart.</param>
    public void End(TimeProvider time, long began, string? label = null)
    {
        if (began != 0) Add(time.GetElapsedTime(began), label);
    }

    /// <summary>It has taken so long.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="label">Which it was, of the kinds that are told apart.</param>
    public void Add(TimeSpan duration, string? label = null) => Volatile.Read(ref _to)?.Invoke(duration.TotalSeconds, label);
}
