using Relay.Abstractions;
using Relay.Core;
using Relay.Gateway.Storage.Sqlite;

namespace Relay.Tests.Gateway.Storage;

public sealed class StoreFailureTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly PluginKey Plugin = new(new(new("default"), "ann"), "notes_");

    private readonly StoreFolder _folder = new();
    private readonly SettableTime _time = new();
    private readonly EventIds<SqliteStore> _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ARefusedOperationDoesNotTouchItsBatch()
    {
        await using var store = _folder.Start(_time, _log);
        // "bad", by a rule that somebody else made.
        _folder.Execute("CREATE TRIGGER no BEFORE INSERT ON plugin_values WHEN NEW.key = x'626164' BEGIN SELECT RAISE(ABORT, 'no'); END");
        var handle = store.Open(Plugin, 1);
        var release = await store.HoldAsync();

        Task<StoreWrite>[] puts = [Put(handle, "a"), Put(handle, "bad"), Put(handle, "c")];
        release();

        Assert.Equal(new(true, 1), await puts[0].WaitAsync(Patience));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => puts[1].WaitAsync(Patience));
        Assert.Equal(new(true, 1), await puts[2].WaitAsync(Patience));
        Assert.Equal(2, store.Counters.Batches);
        Assert.Equal(1, store.Counters.Failed);
        Assert.Empty(_log.Of(1502));
    }

    [Fact]
    public async Task AFullDiskFailsOnlyWhatNeedsRoom()
    {
        await using var store = _folder.Start(_time, _log);
        var handle = store.Open(Plugin, 1);
        await Put(handle, "old", 10);
        await FillDisk(store);
        var release = await store.HoldAsync();

        var read = handle.GetAsync("old", CancellationToken.None).AsTask();
        var large = new[] { Put(handle, "x", 100_000), Put(handle, "y", 100_000) };
        var small = handle.PutAsync("old", new byte[10], 1, CancellationToken.None).AsTask();
        var removal = handle.DeleteAsync("nothing", CancellationToken.None).AsTask();
        release();

        foreach (var put in large) await Assert.ThrowsAsync<StoreUnavailableException>(() => put.WaitAsync(Patience));
        Assert.Equal(1, (await read.WaitAsync(Patience))!.Version);
        Assert.Equal(new(true, 2), await small.WaitAsync(Patience));
        Assert.False(await removal.WaitAsync(Patience));
        Assert.Equal(["old"], (await handle.ListAsync(CancellationToken.None)).Select(key => key.Key));
        Assert.Equal(2, store.Counters.Failed);
    }

    [Fact]
    public async Task ItWorksAgainByItselfAndSaysEachChangeOnce()
    {
        await using var store = _folder.Start(_time, _log);
        var handle = store.Open(Plugin, 1);
        await FillDisk(store);
        for (var i = 0; i < 5; i++) await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(handle, "x", 100_000).WaitAsync(Patience));
        Assert.False(store.IsAvailable);
        Assert.Equal([1502], _log.Of(1502, 1503));

        await store.ScalarAsync("PRAGMA max_page_count = 1000000");
        Assert.Equal(new(true, 1), await Put(handle, "x", 100_000));
        Assert.Equal([1502], _log.Of(1502, 1503));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(new(true, 2), await Put(handle, "x", 100_000));
        await Put(handle, "x", 100_000);

        Assert.Equal([1502, 1503], _log.Of(1502, 1503));
        Assert.True(store.IsAvailable);
    }

    [Fact]
    public async Task AForeignLockIsUnavailableAndPasses()
    {
        await using var store = _folder.Start(_time, _log);
        var handle = store.Open(Plugin, 1);
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder.Database};Pooling=False"))
        {
            other.Open();
            using var locking = other.BeginTransaction();
            await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(handle, "a").WaitAsync(Patience));
        }

        Assert.Equal(new(true, 1), await Put(handle, "a"));
    }

    /// <summary>Lets the database grow no further: to SQLite the same as a full disk.</summary>
    private static Task FillDisk(SqliteStore store) => store.ScalarAsync("PRAGMA max_page_count = 1");

    private static Task<StoreWrite> Put(IPluginStore store, string key, int size = 1) =>
        store.PutAsync(key, new byte[size], null, CancellationToken.None).AsTask();
}
