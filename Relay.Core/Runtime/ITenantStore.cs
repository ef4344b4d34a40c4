namespace Relay.Core.Runtime;

/// <summary>What the operators' API has stored of tenants: durable, and the same for every process of a relay.</summary>
public interface ITenantStore
{
    /// <summary>How soon after a change in another process it is to be asked again; null when there is no other process.</summary>
    TimeSpan? AskEvery { get; }

    /// <summary>What has changed.</summary>
    /// <param name="since">What the caller knows, or the default for nothing.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What is new since then.</returns>
    /// <exception cref="Abstractions.StoreUnavailableException">The store cannot be read now.</exception>
    ValueTask<TenantNews> ReadAsync(TenantMark since, CancellationToken cancellation);

    /// <summary>Stores a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="value">What is said of it.</param>
    /// <param name="expectedVersion">The version that it must have now: 0 for "must not exist", null for any.</param>
    /// <param name="cancellation">Ends the wait, not a write that has begun.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="Abstractions.StoreUnavailableException">The store cannot be written now.</exception>
    ValueTask<TenantWrite> PutAsync(TenantId tenant, byte[] value, long? expectedVersion, CancellationToken cancellation);

    /// <summary>Removes a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="cancellation">Ends the wait, not a write that has begun.</param>
    /// <returns>False when it was not stored.</returns>
    /// <exception cref="Abstractions.StoreUnavailableException">The store cannot be written now.</exception>
    ValueTask<bool> DeleteAsync(TenantId tenant, CancellationToken cancellation);
}

/// <summary>How far a reader of a <see cref="ITenantStore"/> has come.</summary>
/// <param name="Epoch">In which life of the store's actor.</param>
/// <param name="Number">The changes of that life.</param>
public readonly record struct TenantMark(long Epoch, long Number);

/// <summary>What is new of tenants.</summary>
/// <param name="Mark">How far this comes.</param>
/// <param name="IsAll">Whether these are all that are stored; otherwise those that have changed.</param>
/// <param name="Tenants">The tenants.</param>
public sealed record TenantNews(TenantMark Mark, bool IsAll, IReadOnlyList<StoredTenant> Tenants);

/// <summary>A tenant as it is stored.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Version">1 for the first write, one more with each.</param>
/// <param name="UpdatedAt">When it was written.</param>
/// <param name="Value">What is said of it; null when it was removed.</param>
public sealed record StoredTenant(TenantId Tenant, long Version, DateTimeOffset UpdatedAt, byte[]? Value);

/// <summary>What became of a write.</summary>
public enum TenantWriteOutcome
{
    /// <summary>It is stored.</summary>
    Written,

    /// <summary>The version was not the expected one.</summary>
    OtherVersion,

    /// <summary>There are as many tenants as may be stored.</summary>
    Full,
}

/// <summary>What became of a write.</summary>
/// <param name="Outcome">Whether it was made.</param>
/// <param name="Version">The tenant's version now, 0 when it is not stored.</param>
public readonly record struct TenantWrite(TenantWriteOutcome Outcome, long Version);
