using Npgsql;
using Relay.Abstractions;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>The handle of one plugin instance.</summary>
internal sealed class PostgresPluginStore(
    PostgresWriter writer, StoreScope scope, StoreFence fence, long incarnation, PostgresIncarnations incarnations, TimeProvider time)
    : FencedPluginStore(scope, fence, incarnation)
{
    private readonly StoreFence _fence = fence;

    /// <summary>Whether the database knows that this incarnation has come. Writer's thread only.</summary>
    public bool IsClaimed { get; set; }

    /// <summary>The database knows a later one.</summary>
    public void Superseded(long owner)
    {
        incarnations.Observe(owner);
        _fence.Raise(owner - 1);
    }

    public override ValueTask<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellation) =>
        IsFenced ? Fenced<IReadOnlyList<StoredKey>>() : Submit(false, PostgresStatements.List, ReadKeys, 0, cancellation);

    protected override ValueTask<StoredValue?> GetAsync(byte[] key, CancellationToken cancellation) =>
        Submit(false, PostgresStatements.Get, ReadValue, 0, cancellation, PostgresStatements.Bytes(key));

    protected override ValueTask<StoreWrite> PutAsync(byte[] key, byte[] value, long? expectedVersion, CancellationToken cancellation) => Submit(
        true,
        PostgresStatements.Put,
        ReadWrite,
        value.Length,
        cancellation,
        PostgresStatements.Bytes(key),
        PostgresStatements.Number(Incarnation),
        PostgresStatements.Number(expectedVersion),
        PostgresStatements.Time(time.GetUtcNow()),
        PostgresStatements.Bytes(value));

    protected override ValueTask<bool> DeleteAsync(byte[] key, CancellationToken cancellation) => Submit(
        true,
        PostgresStatements.Delete,
        static row => row.GetBoolean(1),
        0,
        cancellation,
        PostgresStatements.Bytes(key),
        PostgresStatements.Number(Incarnation));

    private static StoredValue? ReadValue(NpgsqlDataReader row) =>
        row.IsDBNull(1) ? null : new(row.GetInt64(1), row.GetDateTime(2), row.GetFieldValue<byte[]>(3));

    private static StoreWrite ReadWrite(NpgsqlDataReader row) =>
        row.IsDBNull(1) ? new(false, row.IsDBNull(2) ? 0 : row.GetInt64(2)) : new(true, row.GetInt64(1));

    private static IReadOnlyList<StoredKey> ReadKeys(NpgsqlDataReader row)
    {
        // The owner of nothing has one row too.
        if (row.IsDBNull(1)) return [];
        var keys = new List<StoredKey>();
        do keys.Add(new(StoreScope.Decode(row.GetFieldValue<byte[]>(1)), row.GetInt64(2), row.GetDateTime(3)));
        while (row.Read());
        return keys;
    }

    private ValueTask<T> Submit<T>(
        bool writes, string statement, Func<NpgsqlDataReader, T> read, int bytes, CancellationToken cancellation, params NpgsqlParameter[] rest)
    {
        // Parameters belong to one command, and a command may have to be sent once more.
        NpgsqlBatchCommand Command() => PostgresStatements.Of(statement, Scope, [.. rest.Select(static parameter => parameter.Clone())]);
        return writer.Submit(new PostgresOperation<T>(this, writes, Command, read, bytes, time.GetTimestamp()), cancellation);
    }
}
