using Microsoft.Data.Sqlite;
using Relay.Abstractions;
using SQLitePCL;

namespace Relay.Gateway.Storage.Sqlite;

/// <summary>One unit of work for the writer.</summary>
/// <inheritdoc/>
internal abstract class SqliteOperation(int bytes) : StoreOperation(bytes)
{
    /// <summary>Whether the database refused this operation alone.</summary>
    public abstract bool Refused { get; }

    /// <summary>Does the work inside the transaction and keeps the outcome. Runs once more when the transaction was rolled back.</summary>
    /// <exception cref="SqliteException">The transaction cannot go on.</exception>
    public abstract void Run(SqliteSession session);

    /// <summary>Tells the caller the outcome.</summary>
    public abstract void Complete();
}

/// <inheritdoc cref="SqliteOperation"/>
internal sealed class SqliteOperation<T>(Func<SqliteSession, T> work, int bytes = 0) : SqliteOperation(bytes)
{
    private readonly StoreOutcome<T> _outcome = new();
    private T _result = default!;
    private Exception? _failure;

    public Task<T> Done => _outcome.Task;

    public override bool Refused => _failure is StoreUnavailableException;

    public override void Run(SqliteSession session)
    {
        _failure = null;
        try
        {
            _result = work(session);
        }
        catch (SqliteException refused) when (IsOfStatement(refused))
        {
            _failure = new StoreUnavailableException($"The database refused the operation: {refused.Message}", refused);
        }
        catch (Exception failure) when (failure is not SqliteException)
        {
            _failure = failure;
        }
    }

    public override void Complete()
    {
        if (_failure is not null) Fail(_failure);
        else _outcome.Succeed(_result);
    }

    public override void Fail(Exception failure) => _outcome.Fail(failure);

    /// <summary>These undo the one statement and leave the transaction as it was; with any other code it may be lost.</summary>
    private static bool IsOfStatement(SqliteException failure) =>
        failure.SqliteErrorCode is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH;
}
