using Microsoft.Data.Sqlite;
using Relay.Abstractions;

namespace Relay.Gateway.Storage.Sqlite;

/// <summary>The one thread that touches the database: what has been queued is committed in one transaction.</summary>
internal sealed class SqliteWriter : StoreWriter<SqliteOperation>
{
    private readonly string _path;
    private readonly SqliteSession _session;
    private readonly StoreHealth _health;
    private readonly ILogger _logger;

    public SqliteWriter(SqliteStoreOptions options, SqliteSession session, StoreHealth health, TimeProvider time, ILogger logger)
        : base(options, new(), time)
    {
        (_path, _session, _health, _logger) = (options.Path, session, health, logger);
        Start();
    }

    /// <inheritdoc cref="StoreWriter{TOperation}.Submit"/>
    public ValueTask<T> Submit<T>(SqliteOperation<T> operation, CancellationToken cancellation) => Submit(operation, operation.Done, cancellation);

    protected override void Perform(List<SqliteOperation> batch)
    {
        try
        {
            _session.Begin();
        }
        catch (SqliteException failure)
        {
            _session.Rollback();
            foreach (var operation in batch) Fail(operation, failure);
            return;
        }

        if (TryFinish(batch, out _)) return;

        // The disk is full or fails. Reads, removals and small values may still work, so each has a transaction of its own.
        foreach (var operation in batch) CommitAlone(operation);
    }

    private void CommitAlone(SqliteOperation operation)
    {
        SqliteException? failure;
        try
        {
            _session.Begin();
            if (TryFinish([operation], out failure)) return;
        }
        catch (SqliteException atBegin)
        {
            _session.Rollback();
            failure = atBegin;
        }

        Fail(operation, failure!);
    }

    /// <summary>Performs and commits operations in the open transaction, or takes all of them back.</summary>
    private bool TryFinish(IReadOnlyList<SqliteOperation> batch, out SqliteException? failure)
    {
        try
        {
            foreach (var operation in batch) operation.Run(_session);
            _session.Commit();
        }
        catch (SqliteException caught)
        {
            _session.Rollback();
            failure = caught;
            return false;
        }

        failure = null;
        Counters.Committed();
        if (_session.Changed) _health.Worked();
        foreach (var operation in batch)
        {
            if (operation.Refused) Counters.FailedOne();
            operation.Complete();
        }

        return true;
    }

    private void Fail(SqliteOperation operation, SqliteException failure)
    {
        Counters.FailedOne();
        _health.Failed($"SQLite error {failure.SqliteExtendedErrorCode}, {failure.Message}");
        operation.Fail(new StoreUnavailableException($"The database does not work: {failure.Message}", failure));
    }

    protected override void Close()
    {
        try
        {
            _session.Dispose();
            StoreLog.Closed(_logger, _path);
        }
        catch (SqliteException failure)
        {
            StoreLog.NotClosed(_logger, _path, failure);
        }
    }
}
