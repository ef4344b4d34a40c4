namespace Relay.Gateway.Storage;

/// <summary>How much work may wait for a store, and how much one transaction takes.</summary>
internal abstract record StoreOptions
{
    /// <summary>Operations that may wait. Policy when full: the next one is refused with StoreUnavailableException and counted.</summary>
    public int QueueLimit { get; init; } = 4096;

    /// <summary>Bytes of values that may wait. The value that crosses the line is still let in, so that no size is refused for ever.</summary>
    public long QueueByteLimit { get; init; } = 64 * 1024 * 1024;

    /// <summary>Operations that one transaction commits at most.</summary>
    public int BatchLimit { get; init; } = 256;

    /// <summary>How long no operation may have failed before a working store is said to be available again.</summary>
    /// <remarks>On a nearly full disk small writes pass and large ones fail; without this the log would say so with each.</remarks>
    public TimeSpan CalmAfterFailure { get; init; } = TimeSpan.FromSeconds(5);
}
