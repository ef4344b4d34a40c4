using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary>How a call ended.</summary>
internal enum CallOutcome
{
    /// <summary>The answer was passed on to its end, whatever it said.</summary>
    Served,

    /// <summary>No node serves the model.</summary>
    UnknownModel,

    /// <summary>No node had room in time.</summary>
    Busy,

    /// <summary>The nodes that had it failed, and nothing was passed on.</summary>
    Failed,

    /// <summary>The answer broke off after some of it had been passed on.</summary>
    Broken,

    /// <summary>The caller left, or took nothing any more.</summary>
    Cancelled,
}

/// <summary>What this gateway's callers count; read by the metrics.</summary>
internal sealed class NodeCallCounters
{
    private readonly long[] _outcomes = new long[Enum.GetValues<CallOutcome>().Length];
    private long _retries;

    /// <summary>From a call to the first byte of its answer.</summary>
    public Durations FirstBytes { get; } = new();

    /// <summary>From a call to its end, by how it ended.</summary>
    public Durations Calls { get; } = new();

    /// <summary>Times that a call was given to another node.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    public long Of(CallOutcome outcome) => Interlocked.Read(ref _outcomes[(int)outcome]);

    public void Count(CallOutcome outcome) => Interlocked.Increment(ref _outcomes[(int)outcome]);

    public void Retried() => Interlocked.Increment(ref _retries);
}
