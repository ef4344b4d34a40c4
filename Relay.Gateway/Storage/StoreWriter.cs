using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Relay.Abstractions;

namespace Relay.Gateway.Storage;

/// <summary>The one thread that touches the database: takes what has been queued and commits it in one transaction.</summary>
/// <remarks>
/// Reads go the same way. So a caller reads its own writes, a new incarnation reads after the last write of the one before it,
/// and nobody reads what a failed commit takes back. While a commit waits for the disk the next batch gathers by itself;
/// no time is spent waiting for more.
/// </remarks>
internal sealed class StoreWriter
{
    private readonly SqliteStoreOptions _options;
    private readonly StoreSession _session;
    private readonly StoreHealth _health;
    private readonly ILogger _logger;
    private readonly Channel<StoreOperation> _queue;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _queuedBytes;
    private volatile bool _closing;

    public StoreWriter(SqliteStoreOptions options, StoreSession session, StoreHealth health, ILogger logger)
    {
        (_options, _session, _health, _logger) = (options, session, health, logger);
        _queue = Channel.CreateBounded<StoreOperation>(new BoundedChannelOptions(options.QueueLimit)
        {
            SingleReader = true,
            // All that is continued is the waking of our thread: it must not need the pool, which plugins may have filled.
            AllowSynchronousContinuations = true,
        });
        new Thread(Run) { Name = "relay-store", IsBackground = true }.Start();
    }

    public StoreCounters Counters { get; } = new();

    /// <summary>Operations that wait.</summary>
    public int Depth => _queue.Reader.Count;

    /// <summary>Queues an operation without waiting.</summary>
    /// <returns>Its outcome. The token ends the wait for it; the operation itself goes on.</returns>
    public ValueTask<T> Submit<T>(StoreOperation<T> operation, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<T>(cancellation);

        var hasRoom = Interlocked.Add(ref _queuedBytes, operation.Bytes) - operation.Bytes < _options.QueueByteLimit;
        if (!hasRoom || !_queue.Writer.TryWrite(operation))
        {
            Interlocked.Add(ref _queuedBytes, -operation.Bytes);
            if (_closing) return Unavailable<T>("The store is closed.");
            Counters.RefusedOne();
            return Unavailable<T>("The store's queue is full.");
        }

        Counters.Accepted();
        return new(operation.Done.WaitAsync(cancellation));
    }

    /// <summary>Refuses new operations, performs those that wait, closes the database.</summary>
    /// <returns>Ends when the database is closed.</returns>
    public Task CloseAsync()
    {
        _closing = true;
        _queue.Writer.TryComplete();
        return _ended.Task;
    }

    private static ValueTask<T> Unavailable<T>(string message) => ValueTask.FromException<T>(new StoreUnavailableException(message));

    private void Run()
    {
        var batch = new List<StoreOperation>(_options.BatchLimit);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < _options.BatchLimit && _queue.Reader.TryRead(out var operation))
            {
                Interlocked.Add(ref _queuedBytes, -operation.Bytes);
                batch.Add(operation);
            }

            Commit(batch);
            batch.Clear();
        }

        Close();
    }

    private void Commit(List<StoreOperation> batch)
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

    private void CommitAlone(StoreOperation operation)
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
    private bool TryFinish(IReadOnlyList<StoreOperation> batch, out SqliteException? failure)
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
        if (_session.Changed) _health.Wrote();
        foreach (var operation in batch)
        {
            if (operation.Refused) Counters.FailedOne();
            operation.Complete();
        }

        return true;
    }

    private void Fail(StoreOperation operation, SqliteException failure)
    {
        Counters.FailedOne();
        _health.Failed(failure);
        operation.Fail(new StoreUnavailableException($"The database does not work: {failure.Message}", failure));
    }

    private void Close()
    {
        try
        {
            _session.Dispose();
            StoreLog.Closed(_logger, _options.Path);
        }
        catch (SqliteException failure)
        {
            StoreLog.NotClosed(_logger, _options.Path, failure);
        }
        finally
        {
            _ended.SetResult();
        }
    }
}
