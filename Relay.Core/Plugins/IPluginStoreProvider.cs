using Relay.Abstractions;

namespace Relay.Core.Plugins;

/// <summary>Where plugins' durable values live: SQLite in one process, PostgreSQL for a cluster.</summary>
public interface IPluginStoreProvider
{
    /// <summary>
    /// Makes the handle of one plugin instance. From then on handles of the same plugin with a lower incarnation are fenced:
    /// their calls fail with <see cref="StoreFencedException"/>, also those under way that have not been written yet.
    /// </summary>
    /// <param name="plugin">Whose values.</param>
    /// <param name="incarnation">The instance's number; each new instance has a higher one, across restarts of the process as well.</param>
    /// <returns>The handle. Nothing is read or written yet.</returns>
    IPluginStore Open(PluginKey plugin, long incarnation);

    /// <summary>Fences a plugin's handles up to an incarnation without opening a new one: its instance was abandoned and none follows.</summary>
    /// <param name="plugin">Whose handles.</param>
    /// <param name="incarnation">The last incarnation that may not write any more.</param>
    void Fence(PluginKey plugin, long incarnation);
}
