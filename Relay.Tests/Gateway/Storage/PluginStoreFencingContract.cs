using Relay.Abstractions;

namespace Relay.Tests.Gateway.Storage;

/// <summary>Several handles at once: fencing and lost updates, for every store.</summary>
public abstract class PluginStoreFencingContract : StoreContract
{
    [StoreFact]
    public async Task ASuccessorFencesEveryCallOfItsPredecessor()
    {
        var old = Provider.Open(Plugin, 1);
        await Put(old, "a", [1]);

        var next = Provider.Open(Plugin, 2);

        await AssertFenced(old);
        Assert.Equal([1], (await Get(next, "a"))!.Value.ToArray());
        Assert.Equal(new(true, 2), await Put(next, "a", [2], 1));
    }

    [StoreFact]
    public async Task AFenceWithoutASuccessorHoldsUntilAHigherIncarnation()
    {
        var abandoned = Provider.Open(Plugin, 4);
        var same = Provider.Open(Plugin, 4);

        Provider.Fence(Plugin, 4);

        await AssertFenced(abandoned);
        await AssertFenced(same);
        await AssertFenced(Provider.Open(Plugin, 3));
        await AssertFenced(Provider.Open(Plugin, 4));
        Assert.Equal(new(true, 1), await Put(Provider.Open(Plugin, 5), "a", [1]));
        GC.KeepAlive(abandoned);
    }

    [StoreFact]
    public async Task AnOldFenceOrALateOpenDoesNotReachASuccessor()
    {
        var current = Provider.Open(Plugin, 7);

        Provider.Fence(Plugin, 6);
        var late = Provider.Open(Plugin, 5);

        await AssertFenced(late);
        Assert.Equal(new(true, 1), await Put(current, "a", [1]));
    }

    [StoreFact]
    public async Task AFenceStopsOnePluginOfOneUser()
    {
        var others = new[] { Key("default", "bob", "notes_"), Key("default", "ann", "echo_"), Key("acme", "ann", "notes_") }
            .Select(other => Provider.Open(other, 1)).ToArray();

        Provider.Fence(Plugin, 9);

        foreach (var other in others) Assert.Equal(new(true, 1), await Put(other, "a", [1]));
    }

    [StoreFact]
    public async Task NothingOfAPredecessorIsWrittenAfterItsSuccessorHasRead()
    {
        for (var incarnation = 1; incarnation <= 25; incarnation++)
        {
            var old = Provider.Open(Plugin, incarnation);
            var writes = Enumerable.Range(0, 8).Select(_ => Task.Run(() => WriteUntilFenced(old))).ToArray();
            await Put(old, "first", [1]);

            var next = Provider.Open(Plugin, incarnation + 1);
            var seen = await Get(next, "a");
            var acknowledged = (await Task.WhenAll(writes).WaitAsync(Patience)).Max();

            Assert.Equal(seen?.Version, (await Get(next, "a"))?.Version);
            Assert.True((seen?.Version ?? 0) >= acknowledged, "An acknowledged write was not there for the successor.");
        }
    }

    [StoreFact]
    public async Task WritersWithExpectedVersionsLoseNoUpdate()
    {
        const int Writers = 4, Updates = 30;
        var store = Open();
        await Put(store, "count", BitConverter.GetBytes(0), 0);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < Updates;)
            {
                var now = (await Get(store, "count"))!;
                var next = BitConverter.GetBytes(BitConverter.ToInt32(now.Value.Span) + 1);
                if ((await Put(store, "count", next, now.Version)).Written) done++;
            }
        })));

        var end = (await Get(store, "count"))!;
        Assert.Equal(Writers * Updates, BitConverter.ToInt32(end.Value.Span));
        Assert.Equal((Writers * Updates) + 1, end.Version);
    }

    private static async Task<long> WriteUntilFenced(IPluginStore store)
    {
        long acknowledged = 0;
        try
        {
            while (true) acknowledged = (await Put(store, "a", [1])).Version;
        }
        catch (StoreFencedException)
        {
            return acknowledged;
        }
    }

    private static async Task AssertFenced(IPluginStore store)
    {
        await Assert.ThrowsAsync<StoreFencedException>(() => Put(store, "a", [9]));
        await Assert.ThrowsAsync<StoreFencedException>(() => Get(store, "a"));
        await Assert.ThrowsAsync<StoreFencedException>(() => Delete(store, "a"));
        await Assert.ThrowsAsync<StoreFencedException>(() => List(store));
    }
}
