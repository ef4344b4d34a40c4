using Microsoft.Data.Sqlite;
using Relay.Abstractions;
using SQLitePCL;

namespace Relay.Gateway.Storage;

/// <summary>One unit of work for the writer, whose caller is told only after the transaction around it has been committed.</summary>
/// <param name="bytes">The size of the value it carries, for the queue's byte limit.</param>
internal abstract class StoreOperation(int bytes)
{
    public int Bytes => bytes;

    /// <summary>Whether the database refused this operation alone.</summary>
    public abstract bool Refused { get; }

    /// <summary>Does the work inside the transaction and keeps the outcome. Runs once more when the transaction was rolled back.</summary>
    /// <exception cref="SqliteException">The transaction cannot go on.</exception>
    public abstract void Run(StoreSession session);

    /// <summary>Tells the caller the outcome.</summary>
    public abstract void Complete();

    /// <summary>Tells the caller that nothing was done.</summary>
    public abstract void Fail(Exception failure);
}

/// <inheritdoc cref="StoreOperation"/>
internal sealed class StoreOperation<T>(Func<StoreSession, T> work, int bytes = 0) : StoreOperation(bytes)
{
    // The caller's code must not run on the writer's thread.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;
    private Exception? _failure;

    public Task<T> Done => _done.Task;

    public override bool Refused => _failure is StoreUnavailableException;

    public override void Run(StoreSession session)
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
        else _done.TrySetResult(_result);
    }

    public override void Fail(Exception failure)
    {
        _done.TrySetException(failure);
        // A caller whose wait was cancelled does not look any more, and that is not an unobserved failure.
        _ = _done.Task.Exception;
    }

    /// <summary>These undo the one statement and leave the transaction as it was; with any other code it may be lost.</summary>
    private static bool IsOfStatement(SqliteException failure) =>
        failure.SqliteErrorCode is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH;
}
