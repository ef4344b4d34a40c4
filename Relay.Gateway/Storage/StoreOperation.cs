namespace Relay.Gateway.Storage;

/// <summary>One unit of work for a writer, whose caller is told only after the transaction around it has been committed.</summary>
/// <param name="bytes">The size of the value it carries, for the queue's byte limit.</param>
internal abstract class StoreOperation(int bytes)
{
    public int Bytes => bytes;

    /// <summary>Tells the caller that it failed.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>What an operation's caller waits for.</summary>
internal sealed class StoreOutcome<T>
{
    // The caller's code must not run on the writer's thread.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _done.Task;

    public void Succeed(T result) => _done.TrySetResult(result);

    public void Fail(Exception failure)
    {
        _done.TrySetException(failure);
        // A caller whose wait was cancelled does not look any more, and that is not an unobserved failure.
        _ = _done.Task.Exception;
    }
}
