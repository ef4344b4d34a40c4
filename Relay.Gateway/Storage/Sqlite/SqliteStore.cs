using Relay.Abstractions;
using Relay.Core;

namespace Relay.Gateway.Storage.Sqlite;

/// <summary>Plugins' values in one SQLite file, for a relay that is one process.</summary>
/// <remarks>
/// One thread reads and writes (<see cref="SqliteWriter"/>). A write that was acknowledged is in the write-ahead log on the disk;
/// after a kill SQLite replays the log at the next start. A fence is raised at once and checked on the writer's thread
/// right before each operation: what an older incarnation had queued fails, and what it had already performed is committed
/// before anything that its successor asks. While the disk is full or fails, operations fail with
/// <see cref="StoreUnavailableException"/> and are tried afresh; nothing has to be restarted when it works again.
/// </remarks>
internal sealed class SqliteStore : IDurableStore
{
    private readonly StoreFences _fences = new();
    private readonly StoreHealth _health;
    private readonly FileStream _lock;

    private SqliteStore(SqliteStoreOptions options, SqliteSession session, FileStream processLock, TimeProvider time, ILogger logger)
    {
        _lock = processLock;
        _health = new(options.Path, options.CalmAfterFailure, time, logger);
        Writer = new(options, session, _health, time, logger);
    }

    public StoreCounters Counters => Writer.Counters;

    public int QueueDepth => Writer.Depth;

    public bool IsAvailable => _health.IsAvailable;

    internal SqliteWriter Writer { get; }

    /// <summary>Opens or makes the database and starts the writer.</summary>
    /// <exception cref="StoreStartException">The database cannot be used; the message says why in one line.</exception>
    public static SqliteStore Start(SqliteStoreOptions options, TimeProvider time, ILogger<SqliteStore> logger)
    {
        var processLock = Lock(options.Path, out var path);
        options = options with { Path = path };
        try
        {
            var store = new SqliteStore(options, SqliteDatabase.Open(path, time), processLock, time, logger);
            StoreLog.Opened(logger, path, SqliteDatabase.Version);
            return store;
        }
        catch
        {
            processLock.Dispose();
            throw;
        }
    }

    public IPluginStore Open(PluginKey plugin, long incarnation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(incarnation);
        return new SqlitePluginStore(Writer, new(plugin), _fences.Open(plugin, incarnation), incarnation);
    }

    public void Fence(PluginKey plugin, long incarnation) => _fences.Fence(plugin, incarnation);

    /// <summary>Performs what is queued, moves the log into the database and closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        await Writer.CloseAsync();
        await _lock.DisposeAsync();
    }

    /// <summary>
    /// Keeps a second relay away: fences are in memory, so two processes on one file would not fence each other. SQLite's own
    /// exclusive mode would do, but would also keep away the operator's backup. The kernel gives the lock up when the process dies.
    /// </summary>
    private static FileStream Lock(string path, out string fullPath)
    {
        try
        {
            path = fullPath = Path.GetFullPath(path);
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? throw new IOException("it is a directory."));
            return new(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StoreStartException($"The store '{path}' cannot be opened: {failure.Message}", failure);
        }
    }
}
