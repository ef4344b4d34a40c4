namespace Relay.Abstractions;

/// <summary>Durable values of one plugin and one user, each with a version that counts up from 1.</summary>
/// <remarks>
/// A write is durable when its task ends. A store handle belongs to one plugin instance: after the instance has been replaced
/// every call fails with <see cref="StoreFencedException"/>, so an abandoned handler that wakes late cannot write.
/// Keys are 1 to 256 bytes of UTF-8.
/// </remarks>
public interface IPluginStore
{
    /// <summary>Reads a value.</summary>
    /// <param name="key">The value's key.</param>
    /// <param name="cancellation">Ends the wait, not a write that has begun.</param>
    /// <returns>The value, or null when there is none.</returns>
    ValueTask<StoredValue?> GetAsync(string key, CancellationToken cancellation);

    /// <summary>Writes a value if its version is the expected one.</summary>
    /// <param name="key">The value's key.</param>
    /// <param name="value">The bytes.</param>
    /// <param name="expectedVersion">The version that the value must have now: 0 for "must not exist", null for any.</param>
    /// <param name="cancellation">Ends the wait, not a write that has begun.</param>
    /// <returns>Whether it was written, and the value's version now.</returns>
    ValueTask<StoreWrite> PutAsync(string key, ReadOnlyMemory<byte> value, long? expectedVersion, CancellationToken cancellation);

    /// <summary>Removes a value.</summary>
    /// <param name="key">The value's key.</param>
    /// <param name="cancellation">Ends the wait, not a write that has begun.</param>
    /// <returns>False when there was none.</returns>
    ValueTask<bool> DeleteAsync(string key, CancellationToken cancellation);

    /// <summary>Lists the values without their bytes, in the order of their keys.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Every key with its version and time.</returns>
    ValueTask<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellation);
}

/// <summary>A stored value.</summary>
/// <param name="Version">1 for the first write, one more with each.</param>
/// <param name="UpdatedAt">When it was written.</param>
/// <param name="Value">The bytes.</param>
public sealed record StoredValue(long Version, DateTimeOffset UpdatedAt, ReadOnlyMemory<byte> Value);

/// <summary>A stored value without its bytes.</summary>
/// <param name="Key">The value's key.</param>
/// <param name="Version">1 for the first write, one more with each.</param>
/// <param name="UpdatedAt">When it was written.</param>
public sealed record StoredKey(string Key, long Version, DateTimeOffset UpdatedAt);

/// <summary>What became of a write.</summary>
/// <param name="Written">False when the version was not the expected one.</param>
/// <param name="Version">The value's version now, 0 when there is none.</param>
public readonly record struct StoreWrite(bool Written, long Version);

/// <summary>The plugin instance that owns the store handle has been replaced.</summary>
public sealed class StoreFencedException() : Exception("The plugin instance that owns this store handle has been replaced.");

/// <summary>
/// The store cannot serve now (no disk space, database away, too much work under way). Nothing was written, unless it is a
/// <see cref="StoreOutcomeUnknownException"/>.
/// </summary>
/// <param name="message">What is wrong, for the operator's log.</param>
/// <param name="inner">The cause.</param>
public class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database was lost while it wrote: the write may have been made or not, and will not be made later.</summary>
/// <remarks>
/// A read tells. So does the same write again with the same expected version: it is written, or finds the version one higher.
/// Only stores over a network throw it.
/// </remarks>
/// <param name="message">What is wrong, for the operator's log.</param>
/// <param name="inner">The cause.</param>
public sealed class StoreOutcomeUnknownException(string message, Exception? inner = null) : StoreUnavailableException(message, inner);
