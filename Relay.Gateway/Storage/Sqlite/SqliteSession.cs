using Microsoft.Data.Sqlite;
using Relay.Abstractions;
using SQLitePCL;

namespace Relay.Gateway.Storage.Sqlite;

/// <summary>The writer's connection with its prepared statements. Writer's thread only.</summary>
internal sealed class SqliteSession : IDisposable
{
    private const string Where = "WHERE tenant = $tenant AND user_id = $user AND prefix = $prefix";

    private readonly TimeProvider _time;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;
    private readonly SqliteCommand _version;
    private readonly SqliteCommand _get;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _list;

    public SqliteSession(SqliteConnection connection, TimeProvider time)
    {
        Connection = connection;
        _time = time;
        // Immediate: a lock that another process holds shows here, before any operation has run.
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
        _version = Prepare($"SELECT version FROM plugin_values {Where} AND key = $key");
        _get = Prepare($"SELECT version, updated_at, value FROM plugin_values {Where} AND key = $key");
        _put = Prepare("""
            INSERT INTO plugin_values (tenant, user_id, prefix, key, version, updated_at, value)
            VALUES ($tenant, $user, $prefix, $key, $version, $now, $value)
            ON CONFLICT DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at, value = excluded.value
            """);
        _delete = Prepare($"DELETE FROM plugin_values {Where} AND key = $key");
        _list = Prepare($"SELECT key, version, updated_at FROM plugin_values {Where} ORDER BY key");
    }

    public SqliteConnection Connection { get; }

    /// <summary>Whether the transaction has changed a row.</summary>
    public bool Changed { get; private set; }

    public void Begin()
    {
        Changed = false;
        _begin.ExecuteNonQuery();
    }

    public void Commit() => _commit.ExecuteNonQuery();

    public void Rollback()
    {
        // A full disk ends some transactions by itself.
        if (raw.sqlite3_get_autocommit(Connection.Handle) != 0) return;
        try
        {
            _rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // The failure that led here is reported. If the transaction is still open the next begin fails and leads here again.
        }
    }

    public StoredValue? Get(StoreScope scope, byte[] key)
    {
        Bind(_get, scope, key);
        using var row = _get.ExecuteReader();
        return row.Read() ? new(row.GetInt64(0), Time(row.GetInt64(1)), row.GetFieldValue<byte[]>(2)) : null;
    }

    public StoreWrite Put(StoreScope scope, byte[] key, byte[] value, long? expectedVersion)
    {
        Bind(_version, scope, key);
        var version = _version.ExecuteScalar() as long? ?? 0;
        if (expectedVersion is { } expected && expected != version) return new(false, version);

        Bind(_put, scope, key);
        Bind(_put, "$version", version + 1);
        Bind(_put, "$now", _time.GetUtcNow().ToUnixTimeMilliseconds());
        Bind(_put, "$value", value);
        _put.ExecuteNonQuery();
        Changed = true;
        return new(true, version + 1);
    }

    public bool Delete(StoreScope scope, byte[] key)
    {
        Bind(_delete, scope, key);
        var deleted = _delete.ExecuteNonQuery() > 0;
        Changed |= deleted;
        return deleted;
    }

    public IReadOnlyList<StoredKey> List(StoreScope scope)
    {
        Bind(_list, scope);
        using var row = _list.ExecuteReader();
        var keys = new List<StoredKey>();
        while (row.Read()) keys.Add(new(StoreScope.Decode(row.GetFieldValue<byte[]>(0)), row.GetInt64(1), Time(row.GetInt64(2))));
        return keys;
    }

    public void Dispose()
    {
        foreach (var command in (SqliteCommand[])[_begin, _commit, _rollback, _version, _get, _put, _delete, _list]) command.Dispose();
        // The last connection to close moves the log into the database and removes it.
        Connection.Dispose();
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static void Bind(SqliteCommand command, StoreScope scope, byte[] key)
    {
        Bind(command, scope);
        Bind(command, "$key", key);
    }

    private static void Bind(SqliteCommand command, StoreScope scope)
    {
        Bind(command, "$tenant", scope.Tenant);
        Bind(command, "$user", scope.UserId);
        Bind(command, "$prefix", scope.Prefix);
    }

    private static void Bind(SqliteCommand command, string name, object value)
    {
        var at = command.Parameters.IndexOf(name);
        if (at >= 0) command.Parameters[at].Value = value;
        else command.Parameters.AddWithValue(name, value);
    }

    private SqliteCommand Prepare(string sql)
    {
        var command = Connection.CreateCommand();
        command.CommandText = sql;
        command.Prepare();
        return command;
    }
}
