using Npgsql;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>Brings the database's schema to this version.</summary>
internal static class PostgresDatabase
{
    // "RELY". Two relays that start at once on an empty database take turns.
    private const long SchemaLock = 0x52454C59;

    // Step i leads from version i to i + 1. A step that was released is never changed, and lets the program before it go on
    // working: in a rolling restart both run.
    // Ids and keys are the bytes of their UTF-8: compared and ordered byte by byte, whatever they contain.
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE relay.plugin_values (
            tenant bytea NOT NULL,
            user_id bytea NOT NULL,
            prefix bytea NOT NULL,
            key bytea NOT NULL,
            version bigint NOT NULL,
            updated_at timestamptz NOT NULL,
            value bytea NOT NULL,
            PRIMARY KEY (tenant, user_id, prefix, key)
        );
        -- Whose handles may read and write: those of the highest incarnation that has done so.
        CREATE TABLE relay.plugin_owners (
            tenant bytea NOT NULL,
            user_id bytea NOT NULL,
            prefix bytea NOT NULL,
            incarnation bigint NOT NULL,
            PRIMARY KEY (tenant, user_id, prefix)
        );
        -- The one clock that incarnations are read from, in microseconds since 1970. It never goes back: when the server's
        -- clock does, the difference goes into "ahead".
        CREATE TABLE relay.clock (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            last bigint NOT NULL,
            ahead bigint NOT NULL
        );
        INSERT INTO relay.clock (last, ahead) VALUES (0, 0);
        CREATE SEQUENCE relay.process_number;
        """,
    ];

    /// <summary>The schema's version that this program writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>Makes or upgrades the schema.</summary>
    /// <returns>The number of this process, one more than the last one's.</returns>
    /// <exception cref="StoreStartException">The database cannot be used; the message says why in one line.</exception>
    public static long Prepare(PostgresStoreOptions options)
    {
        try
        {
            using var connection = new NpgsqlConnection(options.ToConnectionString());
            connection.Open();
            using (var transaction = connection.BeginTransaction())
            {
                // Another relay's upgrade may take a while; ours too.
                Execute(connection, "SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '60s'");
                Execute(connection, $"SELECT pg_advisory_xact_lock({SchemaLock})");
                Upgrade(connection, options.Name, CheckedVersion(connection, options.Name));
                transaction.Commit();
            }

            return (long)Scalar(connection, "SELECT nextval('relay.process_number')")!;
        }
        catch (Exception failure) when (PostgresFailure.IsOfConnection(failure) || failure is ArgumentException or NotSupportedException)
        {
            // No inner exception where the driver may quote the connection string.
            var reason = PostgresFailure.IsOfConnection(failure) ? PostgresFailure.Reason(failure) : "its connection string has settings that do not fit together";
            throw new StoreStartException($"The store '{options.Name}' cannot be opened: {reason}");
        }
    }

    /// <summary>Looks before anything is changed: the schema may not be ours.</summary>
    private static int CheckedVersion(NpgsqlConnection connection, string name)
    {
        if (Scalar(connection, "SELECT to_regclass('relay.schema_version')::text") is not string)
        {
            if ((long)Scalar(connection, "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('relay')")! > 0)
                throw new StoreStartException($"The store '{name}' cannot be opened: its schema 'relay' belongs to another program.");
            return 0;
        }

        var version = (int)Scalar(connection, "SELECT version FROM relay.schema_version")!;
        if (version > Version)
            throw new StoreStartException($"The store '{name}' was written by a newer Relay: its schema is version {version}, this program knows {Version}.");
        return version;
    }

    private static void Upgrade(NpgsqlConnection connection, string name, int version)
    {
        if (version == Version) return;
        if ((bool)Scalar(connection, "SELECT pg_is_in_recovery()")!)
            throw new StoreStartException($"The store '{name}' cannot be opened: the server is a standby, which takes no writes.");
        if (version == 0)
        {
            // Asked first: "IF NOT EXISTS" wants the right to make schemas even when an administrator has made this one.
            if (Scalar(connection, "SELECT to_regnamespace('relay')::text") is not string) Execute(connection, "CREATE SCHEMA relay");
            Execute(connection, "CREATE TABLE relay.schema_version (version integer NOT NULL); INSERT INTO relay.schema_version VALUES (0)");
        }

        for (; version < Version; version++) Execute(connection, Steps[version] + $"UPDATE relay.schema_version SET version = {version + 1}");
    }

    private static object? Scalar(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 70 };
        command.ExecuteNonQuery();
    }
}
