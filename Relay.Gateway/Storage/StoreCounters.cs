using Relay.Core.Runtime;

namespace Relay.Gateway.Storage;

/// <summary>What the store has done since it was opened. Any thread may read.</summary>
internal sealed class StoreCounters
{
    private long _operations;
    private long _batches;
    private long _refused;
    private long _failed;
    private long _unknown;
    private long _connections;

    /// <summary>How long the store took for what it does at once: mostly one transaction.</summary>
    public Durations Transactions { get; } = new();

    /// <summary>Operations that were accepted into the queue.</summary>
    public long Operations => Volatile.Read(ref _operations);

    /// <summary>Transactions that were committed, those that only read among them.</summary>
    public long Batches => Volatile.Read(ref _batches);

    /// <summary>Operations that were refused because the queue was full.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Accepted operations that the database could not perform.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Writes during which the database was lost, so that nobody knows whether they were made. Not among those that failed.</summary>
    public long Unknown => Volatile.Read(ref _unknown);

    /// <summary>Connections to the database that were opened.</summary>
    public long Connections => Volatile.Read(ref _connections);

    internal void Accepted() => Interlocked.Increment(ref _operations);

    internal void Committed() => Interlocked.Increment(ref _batches);

    internal void RefusedOne() => Interlocked.Increment(ref _refused);

    internal void FailedOne() => Interlocked.Increment(ref _failed);

    internal void UnknownOne() => Interlocked.Increment(ref _unknown);

    internal void Connected() => Interlocked.Increment(ref _connections);
}
