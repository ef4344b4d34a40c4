using Relay.Core.Plugins;

namespace Relay.Gateway.Storage;

/// <summary>Where plugins' values are kept on disks, and how it is doing.</summary>
internal interface IDurableStore : IPluginStoreProvider, IAsyncDisposable
{
    StoreCounters Counters { get; }

    /// <summary>Operations that wait.</summary>
    int QueueDepth { get; }

    /// <summary>False from the first failure of the database until writes have worked again for a while.</summary>
    /// <remarks>To be shown, not to turn clients away by: what needs no store works all the same.</remarks>
    bool IsAvailable { get; }
}
