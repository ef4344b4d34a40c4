using Microsoft.Data.Sqlite;

namespace Relay.Gateway.Storage.Sqlite;

/// <summary>Opens the database's file and brings its schema to this version.</summary>
internal static class SqliteDatabase
{
    // "RELY", so that another program's database is not taken for an empty one of ours.
    private const int ApplicationId = 0x52454C59;

    // Step i leads from user_version i to i + 1. A step that was released is never changed.
    // Ids and keys are the bytes of their UTF-8: compared and ordered byte by byte, whatever they contain.
    // One clustered tree: a write touches one page and its value's overflow, and a list does not read values at all.
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE plugin_values (
            tenant BLOB NOT NULL,
            user_id BLOB NOT NULL,
            prefix BLOB NOT NULL,
            key BLOB NOT NULL,
            version INTEGER NOT NULL,
            updated_at INTEGER NOT NULL, -- milliseconds since 1970, UTC
            value BLOB NOT NULL,
            PRIMARY KEY (tenant, user_id, prefix, key)
        ) STRICT, WITHOUT ROWID;
        """,
    ];

    /// <summary>The schema's version that this program writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>Opens or makes the database.</summary>
    /// <exception cref="StoreStartException">It cannot be used.</exception>
    public static SqliteSession Open(string path, TimeProvider time)
    {
        // A busy database is tried for a second; nobody else should write to it.
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            Upgrade(connection, path, CheckedVersion(connection, path));
            return new(connection, time);
        }
        catch (Exception failure)
        {
            connection.Dispose();
            if (failure is SqliteException)
                throw new StoreStartException($"The store '{path}' cannot be opened: {failure.Message}", failure);
            throw;
        }
    }

    /// <summary>Looks at the file before anything in it is changed: it may not be ours.</summary>
    private static long CheckedVersion(SqliteConnection connection, string path)
    {
        var version = (long)Scalar(connection, "PRAGMA user_version")!;
        var empty = version == 0 && (long)Scalar(connection, "SELECT count(*) FROM sqlite_schema")! == 0;
        if (!empty && (long)Scalar(connection, "PRAGMA application_id")! != ApplicationId)
            throw new StoreStartException($"The store '{path}' cannot be opened: it is the database of another program.");
        if (version > Version)
            throw new StoreStartException($"The store '{path}' was written by a newer Relay: its schema is version {version}, this program knows {Version}.");
        return version;
    }

    private static void Upgrade(SqliteConnection connection, string path, long version)
    {
        if (!"wal".Equals(Scalar(connection, "PRAGMA journal_mode = WAL")))
            throw new StoreStartException($"The store '{path}' cannot be opened: its file system does not support a write-ahead log.");

        // FULL syncs the log with every commit: what was acknowledged survives a power cut. fullfsync is what that takes on macOS.
        Execute(connection, "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON");
        // After a peak the log's file shrinks to this again.
        Execute(connection, "PRAGMA journal_size_limit = 67108864");

        for (; version < Version; version++)
            Execute(connection, $"BEGIN IMMEDIATE; {Steps[version]} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {version + 1}; COMMIT");
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
