using Relay.Core.Runtime;

namespace Relay.Gateway.Webhooks;

/// <summary>What webhooks count.</summary>
internal sealed class WebhookCounters
{
    private long _delivered;
    private long _givenUp;
    private long _dropped;
    private long _failedAttempts;
    private long _waiting;
    private long _refusedConnects;
    private long _failedConnects;

    /// <summary>How long whoever is asked about a WebSocket took to answer, or not to.</summary>
    public Durations Questions { get; } = new();

    /// <summary>Events that a receiver has taken.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Events that were given up: the receiver refused them, or could not be reached for too long.</summary>
    public long GivenUp => Volatile.Read(ref _givenUp);

    /// <summary>Events that were not kept, because too many waited.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Deliveries that failed and are tried again.</summary>
    public long FailedAttempts => Volatile.Read(ref _failedAttempts);

    /// <summary>Events on the disk.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    /// <summary>WebSockets that were refused by whoever is asked.</summary>
    public long RefusedConnects => Volatile.Read(ref _refusedConnects);

    /// <summary>Times that whoever is asked gave no answer.</summary>
    public long FailedConnects => Volatile.Read(ref _failedConnects);

    public void Keep(int events) => Interlocked.Add(ref _waiting, events);

    public void Deliver(int events)
    {
        Interlocked.Add(ref _waiting, -events);
        Interlocked.Add(ref _delivered, events);
    }

    public void GiveUp(int events)
    {
        Interlocked.Add(ref _waiting, -events);
        Interlocked.Add(ref _givenUp, events);
    }

    public void Drop(int events) => Interlocked.Add(ref _dropped, events);

    public void FailAttempt() => Interlocked.Increment(ref _failedAttempts);

    public void RefuseConnect() => Interlocked.Increment(ref _refusedConnects);

    public void FailConnect() => Interlocked.Increment(ref _failedConnects);
}
