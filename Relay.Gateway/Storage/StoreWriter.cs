using System.Threading.Channels;
using Relay.Abstractions;

namespace Relay.Gateway.Storage;

/// <summary>One thread with a bounded queue before it: takes what has been queued and performs it together.</summary>
/// <remarks>
/// Reads go the same way. So a caller reads its own writes, a new incarnation reads after the last write of the one before it,
/// and nobody reads what a failed commit takes back. While a commit waits for the disk the next batch gathers by itself;
/// no time is spent waiting for more.
/// </remarks>
internal abstract class StoreWriter<TOperation>
    where TOperation : StoreOperation
{
    private readonly StoreOptions _options;
    private readonly TimeProvider _time;
    private readonly Channel<TOperation> _queue;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _queuedBytes;
    private volatile bool _closing;

    protected StoreWriter(StoreOptions options, StoreCounters counters, TimeProvider time)
    {
        (_options, Counters, _time) = (options, counters, time);
        _queue = Channel.CreateBounded<TOperation>(new BoundedChannelOptions(options.QueueLimit)
        {
            SingleReader = true,
            // All that is continued is the waking of our thread: it must not need the pool, which plugins may have filled.
            AllowSynchronousContinuations = true,
        });
    }

    public StoreCounters Counters { get; }

    /// <summary>Operations that wait.</summary>
    public int Depth => _queue.Reader.Count;

    /// <summary>Refuses new operations, performs those that wait, closes the database.</summary>
    /// <returns>Ends when the database is closed.</returns>
    public Task CloseAsync()
    {
        _closing = true;
        _queue.Writer.TryComplete();
        return _ended.Task;
    }

    /// <summary>Queues an operation without waiting.</summary>
    /// <returns>Its outcome. The token ends the wait for it; the operation itself goes on.</returns>
    public ValueTask<T> Submit<T>(TOperation operation, Task<T> done, CancellationToken cancellation)
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
        return new(done.WaitAsync(cancellation));
    }

    /// <summary>Starts the thread, once the writer is ready for it.</summary>
    protected void Start() => new Thread(Run) { Name = "relay-store", IsBackground = true }.Start();

    /// <summary>Performs operations and tells each caller the outcome. Never throws.</summary>
    protected abstract void Perform(List<TOperation> batch);

    /// <summary>Lets go of the database. Never throws.</summary>
    protected abstract void Close();

    private static ValueTask<T> Unavailable<T>(string message) => ValueTask.FromException<T>(new StoreUnavailableException(message));

    private void Run()
    {
        var batch = new List<TOperation>(_options.BatchLimit);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < _options.BatchLimit && _queue.Reader.TryRead(out var operation))
            {
                Interlocked.Add(ref _queuedBytes, -operation.Bytes);
                batch.Add(operation);
            }

            var began = Counters.Transactions.Begin(_time);
            Perform(batch);
            Counters.Transactions.End(_time, began);
            batch.Clear();
        }

        Close();
        _ended.SetResult();
    }
}
