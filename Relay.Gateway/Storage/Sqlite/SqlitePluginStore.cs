using Relay.Abstractions;

namespace Relay.Gateway.Storage.Sqlite;

/// <summary>The handle of one plugin instance.</summary>
internal sealed class SqlitePluginStore(SqliteWriter writer, StoreScope scope, StoreFence fence, long incarnation)
    : FencedPluginStore(scope, fence, incarnation)
{
    public override ValueTask<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellation) =>
        IsFenced ? Fenced<IReadOnlyList<StoredKey>>() : Submit(session => session.List(Scope), 0, cancellation);

    protected override ValueTask<StoredValue?> GetAsync(byte[] key, CancellationToken cancellation) =>
        Submit(session => session.Get(Scope, key), 0, cancellation);

    protected override ValueTask<StoreWrite> PutAsync(byte[] key, byte[] value, long? expectedVersion, CancellationToken cancellation) =>
        Submit(session => session.Put(Scope, key, value, expectedVersion), value.Length, cancellation);

    protected override ValueTask<bool> DeleteAsync(byte[] key, CancellationToken cancellation) =>
        Submit(session => session.Delete(Scope, key), 0, cancellation);

    private ValueTask<T> Submit<T>(Func<SqliteSession, T> work, int bytes, CancellationToken cancellation) => writer.Submit(
        new SqliteOperation<T>(session => IsFenced ? throw new StoreFencedException() : work(session), bytes), cancellation);
}
