using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Plugins;

namespace Relay.Gateway.Storage;

/// <summary>Plugins' values in one SQLite file, for a relay that is one process.</summary>
/// <remarks>
/// One thread reads and writes (<see cref="StoreWriter"/>). A write that was acknowledged is in the write-ahead log on the disk;
/// after a kill SQLite replays the log at the next start. A fence is raised at once and checked on the writer's thread
/// right before each operation: what an older incarnation had queued fails, and what it had already performed is committed
/// before anything that its successor asks. While the disk is full or fails, operations fail with
/// <see cref="StoreUnavailableException"/> and are tried afresh; nothing has to be restarted when it works again.
/// </remarks>
internal sealed class SqliteStore : IPluginStoreProvider, IAsyncDisposable
{
    private readonly StoreFences _fences = new();
    private readonly StoreHealth _health;
    private readonly FileStream _lock;

    private SqliteStore(SqliteStoreOptions options, StoreSession session, FileStream processLock, TimeProvider time, ILogger logger)
    {
        _lock = processLock;
        _health = new(options.Path, options.CalmAfterFailure, time, logger);
        Writer = new(options, session, _health, logger);
    }

    public StoreCounters Counters => Writer.Counters;

    /// <summary>Operations that wait for the writer.</summary>
    public int QueueDepth => Writer.Depth;

    /// <summary>False from the first failure of the disk until writes have worked again for a while.</summary>
    /// <remarks>To be shown, not to turn clients away by: without writes it stays false.</remarks>
    public bool IsAvailable => _health.IsAvailable;

    internal StoreWriter Writer { get; }

    /// <summary>Opens or makes the database and starts the writer.</summary>
    /// <exception cref="StoreStartException">The database cannot be used; the message says why in one line.</exception>
    public static SqliteStore Start(SqliteStoreOptions options, TimeProvider time, ILogger<SqliteStore> logger)
    {
        var processLock = Lock(options.Path, out var path);
        options = options with { Path = path };
        try
        {
            var store = new SqliteStore(options, StoreDatabase.Open(path, time), processLock, time, logger);
            StoreLog.Opened(logger, path, StoreDatabase.Version);
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
