using Relay.Abstractions;

namespace Relay.Gateway.Storage;

/// <summary>The handle of one plugin instance.</summary>
internal sealed class SqlitePluginStore(StoreWriter writer, StoreScope scope, StoreFence fence, long incarnation) : IPluginStore
{
    private bool IsFenced => fence.Covers(incarnation);

    public ValueTask<StoredValue?> GetAsync(string key, CancellationToken cancellation)
    {
        var name = StoreScope.Encode(key);
        return Submit(session => session.Get(scope, name), 0, cancellation);
    }

    public ValueTask<StoreWrite> PutAsync(string key, ReadOnlyMemory<byte> value, long? expectedVersion, CancellationToken cancellation)
    {
        if (expectedVersion is { } expected) ArgumentOutOfRangeException.ThrowIfNegative(expected, nameof(expectedVersion));
        var name = StoreScope.Encode(key);
        // A copy: after a cancelled wait the caller reuses its buffer while the write is still under way.
        var bytes = value.ToArray();
        return Submit(session => session.Put(scope, name, bytes, expectedVersion), bytes.Length, cancellation);
    }

    public ValueTask<bool> DeleteAsync(string key, CancellationToken cancellation)
    {
        var name = StoreScope.Encode(key);
        return Submit(session => session.Delete(scope, name), 0, cancellation);
    }

    public ValueTask<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellation) =>
        Submit(session => session.List(scope), 0, cancellation);

    private ValueTask<T> Submit<T>(Func<StoreSession, T> work, int bytes, CancellationToken cancellation)
    {
        // Already here, so that an abandoned instance cannot fill the queue; and again on the writer's thread, where it counts.
        if (IsFenced) return ValueTask.FromException<T>(new StoreFencedException());
        return writer.Submit(
            new StoreOperation<T>(session => IsFenced ? throw new StoreFencedException() : work(session), bytes), cancellation);
    }
}
