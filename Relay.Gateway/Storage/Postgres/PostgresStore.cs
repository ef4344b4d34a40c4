using Relay.Abstractions;
using Relay.Core;
using Relay.Core.Plugins;

namespace Relay.Gateway.Storage.Postgres;

/// <summary>Plugins' values in PostgreSQL, for a cluster or a relay alone.</summary>
/// <remarks>
/// Fences hold across processes: beside the ones in memory, which are raised at once, the database knows the highest
/// incarnation that has read or written a plugin's values, and every operation is checked against it in its own transaction. A successor
/// becomes known with its first operation; until then it has seen nothing that its predecessor could change behind its back.
/// While the database is away operations fail with <see cref="StoreUnavailableException"/>, and the connections
/// come back by themselves.
/// </remarks>
internal sealed class PostgresStore : IDurableStore
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);
    private const int ProbesPerClock = 10;

    private readonly StoreFences _fences = new();
    private readonly StoreHealth _health;
    private readonly PostgresWriter[] _writers;
    private readonly PostgresIncarnations _incarnations;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly ITimer _probe;
    private int _probes;
    private int _probing;

    private PostgresStore(PostgresStoreOptions options, PostgresIncarnations incarnations, TimeProvider time, ILogger logger)
    {
        (_incarnations, _time, _logger, _name) = (incarnations, time, logger, options.Name);
        _health = new(options.Name, options.CalmAfterFailure, time, logger);
        _writers = new PostgresWriter[options.Connections];
        for (var i = 0; i < _writers.Length; i++) _writers[i] = new(options.ForEachConnection(), Counters, _health, time);
        _probe = time.CreateTimer(static store => ((PostgresStore)store!).Probe(), this, ProbeInterval, ProbeInterval);
    }

    public StoreCounters Counters { get; } = new();

    public int QueueDepth => _writers.Sum(static writer => writer.Depth);

    public bool IsAvailable => _health.IsAvailable;

    public IIncarnationSource Incarnations => _incarnations;

    /// <summary>Makes or upgrades the schema and connects.</summary>
    /// <exception cref="StoreStartException">The database cannot be used; the message says why in one line.</exception>
    public static PostgresStore Start(PostgresStoreOptions options, TimeProvider time, ILogger<PostgresStore> logger)
    {
        var incarnations = new PostgresIncarnations(time, PostgresDatabase.Prepare(options));
        var store = new PostgresStore(options, incarnations, time, logger);
        try
        {
            // Its answer is needed before the first incarnation.
            var clock = new PostgresClockReading(incarnations, time);
            store._writers[0].Submit(clock, clock.Done, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        catch (StoreUnavailableException failure)
        {
            store.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw new StoreStartException($"The store '{options.Name}' cannot be opened: {failure.Message}");
        }

        StoreLog.Opened(logger, options.Name, PostgresDatabase.Version);
        return store;
    }

    public IPluginStore Open(PluginKey plugin, long incarnation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(incarnation);
        return new PostgresPluginStore(WriterOf(plugin), new(plugin), _fences.Open(plugin, incarnation), incarnation, _incarnations, _time);
    }

    public void Fence(PluginKey plugin, long incarnation) => _fences.Fence(plugin, incarnation);

    /// <summary>Performs what is queued and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _probe.DisposeAsync();
        await Task.WhenAll(_writers.Select(static writer => writer.CloseAsync()));
        StoreLog.Closed(_logger, _name);
    }

    private PostgresWriter WriterOf(PluginKey plugin) => _writers[(uint)plugin.GetHashCode() % (uint)_writers.Length];

    private void Probed(Task<bool> probe)
    {
        // The health has told of a failure already.
        _ = probe.Exception;
        Volatile.Write(ref _probing, 0);
    }

    /// <summary>Keeps up with the database's clock; while the database is away, finds out when it is back. It is a write, and so proves that writing works.</summary>
    private void Probe()
    {
        if (IsAvailable && ++_probes % ProbesPerClock != 0) return;
        if (Interlocked.Exchange(ref _probing, 1) != 0) return;
        var reading = new PostgresClockReading(_incarnations, _time);
        _writers[0].Submit(reading, reading.Done, CancellationToken.None).AsTask().ContinueWith(Probed, TaskScheduler.Default);
    }
}
