namespace Relay.Core.Plugins;

/// <summary>Numbers for what can be replaced. Asked in a hub's turn, so it never waits.</summary>
public interface IIncarnationSource
{
    /// <summary>A number above every one that was given before it.</summary>
    /// <returns>The number, above 0.</returns>
    long Next();
}

/// <summary>Counts from 1: enough for one process, whose store's fences end with it.</summary>
internal sealed class CountedIncarnations : IIncarnationSource
{
    private long _last;

    public long Next() => Interlocked.Increment(ref _last);
}
