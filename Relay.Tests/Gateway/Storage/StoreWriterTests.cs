using Relay.Abstractions;
using Relay.Core;

namespace Relay.Tests.Gateway.Storage;

public sealed class StoreWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly PluginKey Plugin = new(new(new("default"), "ann"), "notes_");

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WhatIsQueuedMeanwhileIsCommittedInOneTransaction()
    {
        await using var store = _folder.Start();
        var handle = store.Open(Plugin, 1);
        var release = await store.HoldAsync();

        var puts = Enumerable.Range(0, 200).Select(i => Put(handle, $"k{i}")).ToArray();
        var list = handle.ListAsync(CancellationToken.None).AsTask();
        Assert.Equal(201, store.QueueDepth);
        release();

        Assert.All(await Task.WhenAll(puts).WaitAsync(Patience), write => Assert.Equal(new(true, 1), write));
        Assert.Equal(200, (await list.WaitAsync(Patience)).Count);
        Assert.Equal(2, store.Counters.Batches);
        Assert.Equal(202, store.Counters.Operations);
        Assert.Equal(0, store.QueueDepth);
    }

    [Fact]
    public async Task ABatchTakesNoMoreThanItsLimit()
    {
        await using var store = _folder.Start(change: options => options with { BatchLimit = 10 });
        var handle = store.Open(Plugin, 1);
        var release = await store.HoldAsync();

        var puts = Enumerable.Range(0, 35).Select(i => Put(handle, $"k{i}")).ToArray();
        release();
        await Task.WhenAll(puts).WaitAsync(Patience);

        Assert.Equal(1 + 4, store.Counters.Batches);
    }

    [Fact]
    public async Task AFullQueueRefusesAndCounts()
    {
        await using var store = _folder.Start(change: options => options with { QueueLimit = 2 });
        var handle = store.Open(Plugin, 1);
        var release = await store.HoldAsync();

        var accepted = new[] { Put(handle, "a"), Put(handle, "b") };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(handle, "c"));
        Assert.Equal(1, store.Counters.Refused);
        release();
        await Task.WhenAll(accepted).WaitAsync(Patience);

        Assert.Equal(new(true, 1), await Put(handle, "c"));
    }

    [Fact]
    public async Task TheQueueIsBoundedInBytesToo()
    {
        await using var store = _folder.Start(change: options => options with { QueueByteLimit = 1000 });
        var handle = store.Open(Plugin, 1);
        var release = await store.HoldAsync();

        var accepted = new[] { Put(handle, "a", 999), Put(handle, "b", 5000) };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(handle, "c"));
        var read = handle.GetAsync("a", CancellationToken.None).AsTask();
        release();
        await Task.WhenAll(accepted).WaitAsync(Patience);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => read);
        Assert.Equal(2, store.Counters.Refused);
        Assert.Equal(new(true, 1), await Put(handle, "c"));
    }

    [Fact]
    public async Task CancellationEndsTheWaitAndNotTheWrite()
    {
        await using var store = _folder.Start();
        var handle = store.Open(Plugin, 1);
        var release = await store.HoldAsync();
        using var cancellation = new CancellationTokenSource();

        var put = handle.PutAsync("a", new byte[] { 1 }, null, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        release();

        Assert.Equal(1, (await handle.GetAsync("a", CancellationToken.None))!.Version);
    }

    [Fact]
    public async Task AFenceStopsWhatIsAlreadyQueued()
    {
        await using var store = _folder.Start();
        var old = store.Open(Plugin, 1);
        var release = await store.HoldAsync();

        var late = Put(old, "a");
        var next = store.Open(Plugin, 2);
        var put = Put(next, "b");
        release();

        await Assert.ThrowsAsync<StoreFencedException>(() => late.WaitAsync(Patience));
        Assert.Equal(new(true, 1), await put.WaitAsync(Patience));
        Assert.Null(await next.GetAsync("a", CancellationToken.None));
    }

    [Fact]
    public async Task ClosingPerformsWhatIsQueuedAndRefusesTheRest()
    {
        var store = _folder.Start();
        var handle = store.Open(Plugin, 1);
        var release = await store.HoldAsync();

        var queued = Put(handle, "a");
        var closing = store.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(handle, "b"));
        release();

        Assert.Equal(new(true, 1), await queued.WaitAsync(Patience));
        await closing.WaitAsync(Patience);
        Assert.Equal(0, store.Counters.Refused);
        Assert.False(File.Exists(_folder.Database + "-wal"), "The log was not moved into the database.");
        await using var reopened = _folder.Start();
        Assert.NotNull(await reopened.Open(Plugin, 2).GetAsync("a", CancellationToken.None));
    }

    private static Task<StoreWrite> Put(IPluginStore store, string key, int size = 1) =>
        store.PutAsync(key, new byte[size], null, CancellationToken.None).AsTask();
}
