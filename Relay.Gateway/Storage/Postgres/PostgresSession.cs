using System.Data;
using System.Globalization;
using Npgsql;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>The server's end of a connection. The start tells it from a later process with the same number.</summary>
internal readonly record struct PostgresBackend(int ProcessId, DateTime StartedAt);

/// <summary>One open connection. Its writer's thread only.</summary>
internal sealed class PostgresSession : IDisposable
{
    // A lock is held for one batch, unless its holder's process is paused in the middle of sending it.
    private const int LockShare = 4;

    private readonly NpgsqlConnection _connection;

    private PostgresSession(NpgsqlConnection connection, PostgresBackend backend) => (_connection, Backend) = (connection, backend);

    public PostgresBackend Backend { get; }

    /// <summary>Whether the server's answers can still be trusted to belong to our questions: after an error they do, after a loss not.</summary>
    public bool IsAlive => _connection.FullState.HasFlag(ConnectionState.Open) && !_connection.FullState.HasFlag(ConnectionState.Broken);

    /// <summary>Connects. Throws what <see cref="PostgresFailure.IsOfConnection"/> knows.</summary>
    public static PostgresSession Open(PostgresStoreOptions options)
    {
        var connection = new NpgsqlConnection(options.ToConnectionString());
        try
        {
            connection.Open();
            var limit = options.Timeout.TotalMilliseconds;
            // The server's own limits are the shorter ones: an error of its says for sure that nothing was written.
            using var command = new NpgsqlCommand(
                """
                SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
                       set_config('default_transaction_isolation', 'read committed', false),
                       CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END,
                       pg_is_in_recovery(), pid, backend_start
                FROM pg_stat_activity WHERE pid = pg_backend_pid()
                """,
                connection);
            command.Parameters.Add(Milliseconds(limit * 3 / 4));
            command.Parameters.Add(Milliseconds(limit / LockShare));
            using var row = command.ExecuteReader();
            if (!row.Read()) throw new NpgsqlException("The server does not know its own connection.");
            if (row.GetBoolean(4)) throw new NpgsqlException("The server is a standby, which takes no writes.");
            return new(connection, new(row.GetInt32(5), row.GetDateTime(6)));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Performs operations in one transaction and one round trip, and lets each read its outcome.</summary>
    /// <remarks>
    /// When it returns the transaction is committed: the commands of a batch are one implicit transaction, whose commit the
    /// server answers last. So the transaction never waits for us in the middle, holding locks.
    /// </remarks>
    public void Execute(IReadOnlyList<PostgresOperation> operations, bool claiming)
    {
        using var batch = new NpgsqlBatch(_connection);
        foreach (var operation in operations)
        {
            if (claiming && operation.Store is { } store) batch.BatchCommands.Add(PostgresStatements.Claim(store));
            if (operation.Writes == claiming) batch.BatchCommands.Add(operation.Command());
        }

        using var reader = batch.ExecuteReader();
        var hasResult = true;
        foreach (var operation in operations)
        {
            if (operation.Writes != claiming) continue;
            if (!hasResult) throw new InvalidOperationException("The server gave fewer results than it was asked for.");
            operation.Read(reader);
            hasResult = reader.NextResult();
        }

        while (hasResult) hasResult = reader.NextResult();
    }

    /// <summary>Asks for a sign of life.</summary>
    public bool Answers()
    {
        try
        {
            using var command = new NpgsqlCommand("SELECT 1", _connection);
            command.ExecuteScalar();
            return true;
        }
        catch (Exception failure) when (PostgresFailure.IsOfConnection(failure))
        {
            return false;
        }
    }

    /// <summary>Ends the server's end of a connection that was lost, so that what it was sent cannot be performed from now on.</summary>
    /// <returns>False when it has not ended in time.</returns>
    public bool TryEnd(PostgresBackend lost, TimeSpan limit)
    {
        // Waits on the server, a twentieth of the limit each time.
        for (var i = 0; i < 20; i++)
        {
            using var command = new NpgsqlCommand(
                "SELECT pg_terminate_backend(pid), pg_sleep($3) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2", _connection);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = lost.ProcessId });
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = lost.StartedAt });
            command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = limit.TotalSeconds / 20 });
            using var row = command.ExecuteReader();
            if (!row.Read()) return true;
        }

        return false;
    }

    public void Dispose() => _connection.Dispose();

    private static NpgsqlParameter<string> Milliseconds(double value) =>
        new() { TypedValue = ((int)value).ToString(CultureInfo.InvariantCulture) };
}
