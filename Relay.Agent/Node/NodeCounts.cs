namespace Relay.Agent.Node;

/// <summary>What a person sees of a node's work.</summary>
internal sealed class NodeCounts
{
    private int _inFlight;
    private long _served;
    private long _failed;

    public void Begin() => Interlocked.Increment(ref _inFlight);

    public void End(bool failed)
    {
        Interlocked.Decrement(ref _inFlight);
        Interlocked.Increment(ref failed ? ref _failed : ref _served);
    }

    public string Text() => $"{Volatile.Read(ref _inFlight)} running, {Interlocked.Read(ref _served)} served, {Interlocked.Read(ref _failed)} failed";
}
