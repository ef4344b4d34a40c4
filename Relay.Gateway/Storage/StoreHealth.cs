using Microsoft.Data.Sqlite;

namespace Relay.Gateway.Storage;

/// <summary>Whether the database works, said in the log when it changes. Writer's thread changes it, any thread reads.</summary>
internal sealed class StoreHealth(string path, TimeSpan calm, TimeProvider time, ILogger logger)
{
    private volatile bool _available = true;
    private long _failedAt;

    public bool IsAvailable => _available;

    public void Failed(SqliteException failure)
    {
        _failedAt = time.GetTimestamp();
        if (!_available) return;
        _available = false;
        StoreLog.Unavailable(logger, path, failure.SqliteExtendedErrorCode, failure.Message);
    }

    /// <summary>A transaction that changed something was committed; reading also works on a full disk and proves nothing.</summary>
    public void Wrote()
    {
        if (_available || time.GetElapsedTime(_failedAt) < calm) return;
        _available = true;
        StoreLog.Available(logger, path);
    }
}
