namespace Relay.Tests.Support;

/// <summary>Counts what a piece of code allocates on its thread.</summary>
internal static class Allocations
{
    /// <summary>Runs an action a few times to warm it up, and then once more.</summary>
    public static long Of(Action action)
    {
        for (var i = 0; i < 10; i++) action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
