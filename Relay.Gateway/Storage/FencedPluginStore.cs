using Relay.Abstractions;

namespace Relay.Gateway.Storage;

/// <summary>The handle of one plugin instance: checks what it is given, and does nothing once it is fenced.</summary>
internal abstract class FencedPluginStore(StoreScope scope, StoreFence fence, long incarnation) : IPluginStore
{
    public StoreScope Scope => scope;

    public long Incarnation => incarnation;

    /// <summary>Looked at here already, so that an abandoned instance cannot fill the queue, and by the writer right before its work, where it counts.</summary>
    public bool IsFenced => fence.Covers(incarnation);

    public ValueTask<StoredValue?> GetAsync(string key, CancellationToken cancellation)
    {
        var name = StoreScope.Encode(key);
        return IsFenced ? Fenced<StoredValue?>() : GetAsync(name, cancellation);
    }

    public ValueTask<StoreWrite> PutAsync(string key, ReadOnlyMemory<byte> value, long? expectedVersion, CancellationToken cancellation)
    {
        if (expectedVersion is { } expected) ArgumentOutOfRangeException.ThrowIfNegative(expected, nameof(expectedVersion));
        var name = StoreScope.Encode(key);
        // A copy: after a cancelled wait the caller reuses its buffer while the write is still under way.
        return IsFenced ? Fenced<StoreWrite>() : PutAsync(name, value.ToArray(), expectedVersion, cancellation);
    }

    public ValueTask<bool> DeleteAsync(string key, CancellationToken cancellation)
    {
        var name = StoreScope.Encode(key);
        return IsFenced ? Fenced<bool>() : DeleteAsync(name, cancellation);
    }

    public abstract ValueTask<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellation);

    protected static ValueTask<T> Fenced<T>() => ValueTask.FromException<T>(new StoreFencedException());

    protected abstract ValueTask<StoredValue?> GetAsync(byte[] key, CancellationToken cancellation);

    protected abstract ValueTask<StoreWrite> PutAsync(byte[] key, byte[] value, long? expectedVersion, CancellationToken cancellation);

    protected abstract ValueTask<bool> DeleteAsync(byte[] key, CancellationToken cancellation);
}
