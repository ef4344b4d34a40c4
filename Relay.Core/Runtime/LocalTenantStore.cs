using Relay.Core.Plugins;

namespace Relay.Core.Runtime;

/// <summary>The stored tenants of a relay that is one process.</summary>
/// <param name="stores">The store.</param>
/// <param name="time">The source of time.</param>
/// <param name="incarnations">For a store that outlives the process and keeps its fences.</param>
public sealed class LocalTenantStore(IPluginStoreProvider stores, TimeProvider time, IIncarnationSource? incarnations = null) : ITenantStore, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly TenantBook _book = new(stores, (incarnations ?? new CountedIncarnations()).Next, time);

    /// <inheritdoc/>
    public TimeSpan? AskEvery => null;

    /// <inheritdoc/>
    public ValueTask<TenantNews> ReadAsync(TenantMark since, CancellationToken cancellation) => InTurnAsync(book => book.ReadAsync(since, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<TenantWrite> PutAsync(TenantId tenant, byte[] value, long? expectedVersion, CancellationToken cancellation) =>
        InTurnAsync(book => book.PutAsync(tenant, value, expectedVersion, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(TenantId tenant, CancellationToken cancellation) => InTurnAsync(book => book.DeleteAsync(tenant, cancellation), cancellation);

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async ValueTask<T> InTurnAsync<T>(Func<TenantBook, Task<T>> operation, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return await operation(_book);
        }
        finally
        {
            _turn.Release();
        }
    }
}
