using Orleans.TestingHost;

namespace Relay.Grains.Tests.Support;

/// <summary>
/// Numbers for silos to be told apart by. Silos of a test talk to each other in memory and listen at none of these, so it is no matter which of them
/// others use; the host's own allocator gives up when the machine has many connections.
/// </summary>
internal sealed class SiloPorts : ITestClusterPortAllocator
{
    private const int First = 10_000;

    private int _last = First;

    public (int, int) AllocateConsecutivePortPairs(int numPorts)
    {
        var behind = Interlocked.Add(ref _last, 2 * numPorts);
        return (behind - (2 * numPorts), behind - numPorts);
    }

    public void Dispose()
    {
    }
}
