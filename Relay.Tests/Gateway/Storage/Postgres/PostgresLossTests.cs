using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Storage.Postgres;

namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>A server that goes away, and comes back.</summary>
public sealed class PostgresLossTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly PluginKey Plugin = new(new(new("default"), "ann"), "notes_");

    private readonly EventIds<PostgresStore> _log = new();

    [PostgresFact]
    public async Task NothingAcknowledgedIsLostInACrash()
    {
        await using var store = Open(cluster.CreateDatabase());
        var handle = store.Open(Plugin, 1);
        var down = _log.Next(1502);
        var warm = new TaskCompletionSource();
        var writing = Task.Run(async () =>
        {
            for (long version = 0; ; version++)
            {
                if (version == 200) warm.SetResult();
                try
                {
                    Assert.Equal(new(true, version + 1), await handle.PutAsync("a", BitConverter.GetBytes(version + 1), version, default));
                }
                catch (StoreUnavailableException failure)
                {
                    return (Acknowledged: version, Unknown: failure is StoreOutcomeUnknownException);
                }
            }
        });
        await warm.Task.WaitAsync(Patience);

        cluster.Crash();
        var (acknowledged, unknown) = await writing.WaitAsync(Patience);
        await down;
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(handle, "a"));
        Assert.DoesNotContain(PostgresCluster.Password, failure + _log.Text, StringComparison.Ordinal);
        Assert.False(store.IsAvailable);

        var up = _log.Next(1503);
        cluster.Start();
        await up;

        Assert.True(store.IsAvailable);
        var value = (await Get(handle, "a"))!;
        Assert.InRange(value.Version, acknowledged, acknowledged + (unknown ? 1 : 0));
        Assert.Equal(value.Version, BitConverter.ToInt64(value.Value.Span));
        Assert.Equal(new(true, value.Version + 1), await handle.PutAsync("a", new byte[8], value.Version, default));
    }

    [PostgresFact]
    public async Task AStoreThatWasIdleDuringARestartNoticesNothing()
    {
        await using var store = Open(cluster.CreateDatabase(), options => options with { Connections = 1 });
        var handle = store.Open(Plugin, 1);
        await Put(handle, "a");
        var down = _log.Next(1502);
        var up = _log.Next(1503);
        cluster.Crash();
        // The store's own question finds out, and so does its next one.
        await down;
        cluster.Start();
        await up;

        Assert.Equal(new(true, 2), await Put(handle, "a"));
        Assert.Equal(0, store.Counters.Unknown);
    }

    [PostgresFact]
    public async Task AHungServerIsBoundedAndItsLateWriteComesBeforeEverythingLater()
    {
        await using var store = Open(
            cluster.CreateDatabase(), options => options with { Connections = 1, Timeout = TimeSpan.FromSeconds(1), AskAfter = TimeSpan.FromHours(1) });
        var handle = store.Open(Plugin, 1);
        await handle.PutAsync("a", new byte[] { 1 }, null, default);
        var resume = cluster.Pause();
        try
        {
            // What the connection has been sent it will still find when it wakes.
            await Assert.ThrowsAsync<StoreOutcomeUnknownException>(() => Put(handle, "a", 2));
            var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(handle, "a", 3));
            Assert.IsNotType<StoreOutcomeUnknownException>(failure);
        }
        finally
        {
            var up = _log.Next(1503);
            resume();
            await up;
        }

        var before = (await Get(handle, "a"))!;
        Assert.True(before.Version is 1 or 2 && before.Value.Span[0] == before.Version);
        Assert.Equal(new(true, before.Version + 1), await Put(handle, "a", 9));
        Assert.Equal((before.Version + 1, 9), ((await Get(handle, "a"))!.Version, (await Get(handle, "a"))!.Value.Span[0]));
    }

    [PostgresFact]
    public async Task ACommitWhoseAnswerIsLostIsUnknownAndTheSameWriteAgainTells()
    {
        using var proxy = new CuttingProxy(cluster.Port);
        var database = cluster.CreateDatabase();
        await using var store = Open(
            database.Replace($"Port={cluster.Port}", $"Port={proxy.Port}", StringComparison.Ordinal),
            options => options with { Connections = 1, AskAfter = TimeSpan.FromHours(1) });
        var handle = store.Open(Plugin, 1);
        Assert.Null(await Get(handle, "a"));
        await Put(handle, "other");
        var swallowed = proxy.SwallowAnAnswer();

        var put = handle.PutAsync("a", new byte[] { 1 }, 0, default).AsTask();

        await Assert.ThrowsAsync<StoreOutcomeUnknownException>(() => put.WaitAsync(Patience));
        await swallowed.WaitAsync(Patience);
        Assert.Equal(new(false, 1), await handle.PutAsync("a", new byte[] { 1 }, 0, default).AsTask().WaitAsync(Patience));
        Assert.Equal(1, store.Counters.Unknown);
    }

    [PostgresFact]
    public async Task AReadWhoseConnectionIsLostIsAskedAgain()
    {
        using var proxy = new CuttingProxy(cluster.Port);
        await using var store = Open(
            cluster.CreateDatabase().Replace($"Port={cluster.Port}", $"Port={proxy.Port}", StringComparison.Ordinal),
            options => options with { Connections = 1, AskAfter = TimeSpan.FromHours(1) });
        var handle = store.Open(Plugin, 1);
        await Put(handle, "a");
        var swallowed = proxy.SwallowAnAnswer();

        Assert.Equal(1, (await Get(handle, "a"))!.Version);

        await swallowed.WaitAsync(Patience);
        Assert.Equal((0, 0), (store.Counters.Failed, store.Counters.Unknown));
    }

    [PostgresFact]
    public async Task ClosingWhileTheServerIsAwayEnds()
    {
        var store = Open(cluster.CreateDatabase());
        var handle = store.Open(Plugin, 1);
        await Put(handle, "a");
        cluster.Crash();
        try
        {
            var put = Put(handle, "a");
            await store.DisposeAsync().AsTask().WaitAsync(Patience);
            await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => put);
        }
        finally
        {
            cluster.Start();
        }
    }

    private static Task<StoreWrite> Put(IPluginStore store, string key, byte value = 1) =>
        store.PutAsync(key, new byte[] { value }, null, default).AsTask().WaitAsync(Patience);

    private static Task<StoredValue?> Get(IPluginStore store, string key) => store.GetAsync(key, default).AsTask().WaitAsync(Patience);

    private PostgresStore Open(string database, Func<PostgresStoreOptions, PostgresStoreOptions>? change = null) => PostgresCluster.Open(
        database, logger: _log, change: options => (change?.Invoke(options) ?? options) with { CalmAfterFailure = TimeSpan.Zero });
}
