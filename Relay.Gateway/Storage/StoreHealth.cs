namespace Relay.Gateway.Storage;

/// <summary>Whether the database works, said in the log when it changes. Any thread may call.</summary>
internal sealed class StoreHealth(string name, TimeSpan calm, TimeProvider time, ILogger logger)
{
    private const int Working = 1;

    private int _state = Working;
    private long _failedAt;

    public bool IsAvailable => Volatile.Read(ref _state) == Working;

    public void Failed(string reason)
    {
        Volatile.Write(ref _failedAt, time.GetTimestamp());
        if (Interlocked.Exchange(ref _state, 0) == Working) StoreLog.Unavailable(logger, name, reason);
    }

    /// <summary>Something was written; reading also works on a full disk and proves nothing.</summary>
    public void Worked()
    {
        if (IsAvailable || time.GetElapsedTime(Volatile.Read(ref _failedAt)) < calm) return;
        if (Interlocked.Exchange(ref _state, Working) != Working) StoreLog.Available(logger, name);
    }
}
