using Npgsql;
using Relay.Abstractions;
using Relay.Core;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>One connection with its queue and its thread: writes that are queued together are committed together, in one round trip.</summary>
/// <remarks>
/// The thread waits for the server by itself and needs no thread of the pool, which plugins may have filled. A plugin's values
/// always go over the same connection. When that is lost, the server's end of it is ended before anything else is sent: what it
/// was doing has then been done or never will be, and no write from before the loss can come after one from behind it.
/// </remarks>
internal sealed class PostgresWriter : StoreWriter<PostgresOperation>
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    private readonly PostgresStoreOptions _options;
    private readonly StoreHealth _health;
    private readonly TimeProvider _time;
    private readonly List<PostgresOperation> _part = [];
    private readonly HashSet<PluginKey> _read = [];
    private PostgresSession? _session;
    private PostgresBackend? _lost;
    private string _reason = "";
    private long? _failedAt;
    private long _usedAt;

    public PostgresWriter(PostgresStoreOptions options, StoreCounters counters, StoreHealth health, TimeProvider time)
        : base(options, counters, time)
    {
        (_options, _health, _time) = (options, health, time);
        Start();
    }

    private enum Outcome
    {
        Committed,
        Refused,
        Lost,
    }

    /// <inheritdoc cref="StoreWriter{TOperation}.Submit"/>
    public ValueTask<T> Submit<T>(PostgresOperation<T> operation, CancellationToken cancellation) => Submit(operation, operation.Done, cancellation);

    protected override void Perform(List<PostgresOperation> batch)
    {
        try
        {
            var bytes = 0L;
            foreach (var operation in batch)
            {
                // The clock's row is everybody's: it is locked for no more than its own transaction.
                if (operation.Store is not { } store)
                {
                    PerformPart();
                    _part.Add(operation);
                    PerformPart();
                    continue;
                }

                // A part writes first and then reads, so a write that comes after a read of the same values is of the next part.
                if (operation.Writes && (bytes >= _options.BatchByteLimit || _read.Contains(store.Scope.Plugin)))
                {
                    PerformPart();
                    bytes = 0;
                }

                if (!operation.Writes) _read.Add(store.Scope.Plugin);
                bytes += operation.Bytes;
                _part.Add(operation);
            }

            PerformPart();
        }
        catch (Exception bug)
        {
            // Nothing of the driver's is expected here; the thread lives on, and so do the other operations.
            Lose(bug);
            foreach (var operation in batch.Where(static operation => !operation.IsDone)) FailUnknown(operation, bug);
            _part.Clear();
            _read.Clear();
        }
    }

    protected override void Close() => _session?.Dispose();

    private void PerformPart()
    {
        // Again only for reads whose connection was lost: they are harmless to repeat.
        for (var attempt = 0; attempt < 2 && Pending().Count > 0; attempt++)
        {
            // Sorted: processes that lock the same owners do so in one order. The sort keeps the order within a plugin.
            Transact([.. Pending().Where(static each => each.Writes || !each.Store!.IsClaimed).OrderBy(static each => each.Store?.Scope)], claiming: true);
            Transact([.. Pending().Where(static each => !each.Writes && each.Store!.IsClaimed)], claiming: false);
        }

        foreach (var operation in Pending()) Fail(operation, _reason);
        _part.Clear();
        _read.Clear();
    }

    private List<PostgresOperation> Pending() => _part.FindAll(static operation => !operation.IsDone);

    private void Transact(List<PostgresOperation> operations, bool claiming)
    {
        operations.RemoveAll(EndsBefore);
        if (operations.Count == 0) return;
        if (!TryConnect())
        {
            foreach (var operation in operations) Fail(operation, _reason);
            return;
        }

        switch (TryExecute(operations, claiming, out var failure))
        {
            case Outcome.Committed:
                foreach (var operation in operations) Committed(operation, claiming);
                break;
            case Outcome.Refused when operations.Count == 1:
                Refused(operations[0], (PostgresException)failure!);
                break;
            case Outcome.Refused:
                // One of them is to blame, or the disk is full and smaller ones may pass.
                foreach (var operation in operations) Transact([operation], claiming);
                break;
            case Outcome.Lost:
                foreach (var operation in operations.Where(static operation => operation.Writes)) FailUnknown(operation, failure!);
                break;
        }
    }

    /// <summary>Ends what must not be sent any more.</summary>
    private bool EndsBefore(PostgresOperation operation)
    {
        if (operation.Store is { IsFenced: true })
            operation.Fail(new StoreFencedException());
        else if (_time.GetElapsedTime(operation.SubmittedAt) >= _options.Timeout)
            Fail(operation, "the operation has waited too long and was not sent");
        return operation.IsDone;
    }

    private Outcome TryExecute(List<PostgresOperation> operations, bool claiming, out Exception? failure)
    {
        failure = null;
        try
        {
            _session!.Execute(operations, claiming);
            _usedAt = _time.GetTimestamp();
            Counters.Committed();
            return Outcome.Committed;
        }
        catch (Exception caught) when (PostgresFailure.IsOfConnection(caught))
        {
            failure = caught;
            // An error has undone the transaction, also where the driver gives the connection up; a FATAL one, or no answer,
            // says nothing about it.
            var refused = caught is PostgresException { InvariantSeverity: "ERROR" };
            if (!refused || !_session!.IsAlive) Lose(caught);
            return refused ? Outcome.Refused : Outcome.Lost;
        }
    }

    private void Committed(PostgresOperation operation, bool claiming)
    {
        if (claiming)
        {
            if (operation.Store is { } store) store.IsClaimed = true;
            // A claim, or a write that was not to be made, has changed nothing; the clock's reading always does.
            else _health.Worked();
            if (!operation.Writes) return;
        }

        operation.Complete();
    }

    private void Refused(PostgresOperation operation, PostgresException refused)
    {
        var reason = PostgresFailure.Reason(refused);
        if (!PostgresFailure.IsOfStatement(refused)) _health.Failed(reason);
        if (PostgresFailure.IsOfSession(refused)) Lose(refused);
        Counters.FailedOne();
        operation.Fail(new StoreUnavailableException($"The database refused the operation: {reason}.", refused));
    }

    private void Fail(PostgresOperation operation, string reason)
    {
        Counters.FailedOne();
        operation.Fail(new StoreUnavailableException($"The database does not work: {reason}."));
    }

    private void FailUnknown(PostgresOperation operation, Exception failure)
    {
        Counters.UnknownOne();
        operation.Fail(new StoreOutcomeUnknownException($"The database was lost during the operation: {PostgresFailure.Reason(failure)}.", failure));
    }

    private bool TryConnect()
    {
        if (_session is not null && (_time.GetElapsedTime(_usedAt) < _options.AskAfter || _session.Answers())) return true;
        if (_session is not null) Lose(new TimeoutException("the connection does not answer"));
        if (_failedAt is { } failedAt && _time.GetElapsedTime(failedAt) < RetryPause) return false;

        PostgresSession? session = null;
        try
        {
            session = PostgresSession.Open(_options);
            if (_lost is { } lost && !session.TryEnd(lost, _options.Timeout / 2)) throw new TimeoutException("a lost connection is still at work on the server");
            (_session, _lost, _failedAt) = (session, null, null);
            _usedAt = _time.GetTimestamp();
            Counters.Connected();
            return true;
        }
        catch (Exception failure) when (PostgresFailure.IsOfConnection(failure))
        {
            session?.Dispose();
            _reason = PostgresFailure.Reason(failure);
            _failedAt = _time.GetTimestamp();
            _health.Failed(_reason);
            return false;
        }
    }

    private void Lose(Exception failure)
    {
        if (_session is null) return;
        _lost = _session.Backend;
        _session.Dispose();
        _session = null;
        _reason = PostgresFailure.Reason(failure);
        _health.Failed(_reason);
    }
}
