using Relay.Core.Nodes;

namespace Relay.Core.Runtime;

/// <summary>What nodes and their callers count in a process.</summary>
public sealed class NodeCounters
{
    internal long NodesValue;
    internal long WaitingValue;
    internal long InFlightValue;
    internal long StartedValue;
    internal long WaitedTicks;
    internal long TurnFaultsValue;
    private readonly long[] _refused = new long[Enum.GetValues<CallRefusal>().Length];

    /// <summary>Nodes that are connected.</summary>
    public long Nodes => Volatile.Read(ref NodesValue);

    /// <summary>Calls that wait for a node.</summary>
    public long Waiting => Volatile.Read(ref WaitingValue);

    /// <summary>Calls that nodes have.</summary>
    public long InFlight => Volatile.Read(ref InFlightValue);

    /// <summary>Calls that were given to a node, each time.</summary>
    public long Started => Volatile.Read(ref StartedValue);

    /// <summary>How long they had waited for it, together.</summary>
    public TimeSpan Waited => new(Volatile.Read(ref WaitedTicks));

    /// <summary>Turns that threw: bugs of the relay.</summary>
    public long TurnFaults => Volatile.Read(ref TurnFaultsValue);

    /// <summary>Calls that got no node.</summary>
    /// <param name="reason">Why.</param>
    /// <returns>How many.</returns>
    public long Refused(CallRefusal reason) => Volatile.Read(ref _refused[(int)reason]);

    internal void CountRefusal(CallRefusal reason) => Interlocked.Increment(ref _refused[(int)reason]);
}
