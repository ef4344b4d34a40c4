using Relay.Abstractions;
using Relay.Core;

namespace Relay.Tests.Gateway.Storage.Postgres;

/// <summary>Two stores on one database, as two processes have them: what one's memory knows the other's does not.</summary>
[Collection(PostgresSuites.Name)]
public sealed class PostgresFenceTests(PostgresCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly PluginKey Plugin = KeyOf("ann");

    private readonly Lazy<string> _database = new(cluster.CreateDatabase);

    [PostgresFact]
    public async Task ASuccessorElsewhereFencesEveryCallOfItsPredecessor()
    {
        await using var here = PostgresCluster.Open(_database.Value);
        await using var there = PostgresCluster.Open(_database.Value);
        IPluginStore[] old = [here.Open(Plugin, 5), here.Open(Plugin, 5), here.Open(Plugin, 5), here.Open(Plugin, 5)];
        foreach (var each in old) Assert.Null(await Get(each, "none"));
        await Put(old[0], "a");

        Assert.Equal(1, (await Get(there.Open(Plugin, 6), "a"))!.Version);

        await Assert.ThrowsAsync<StoreFencedException>(() => Put(old[0], "a"));
        await Assert.ThrowsAsync<StoreFencedException>(() => Get(old[1], "a"));
        await Assert.ThrowsAsync<StoreFencedException>(() => old[2].DeleteAsync("a", default).AsTask());
        await Assert.ThrowsAsync<StoreFencedException>(() => old[3].ListAsync(default).AsTask());
        Assert.Equal(1, (await Get(there.Open(Plugin, 6), "a"))!.Version);
    }

    [PostgresFact]
    public async Task AnInstanceThatWakesLateElsewhereDoesNotTakeTheValuesBack()
    {
        await using var here = PostgresCluster.Open(_database.Value);
        await using var there = PostgresCluster.Open(_database.Value);
        var late = here.Open(Plugin, 5);
        var current = there.Open(Plugin, 6);
        await Put(current, "a");

        await Assert.ThrowsAsync<StoreFencedException>(() => Put(late, "a"));

        Assert.Equal(new(true, 2), await Put(current, "a"));
        Assert.True(here.Incarnations.Next() > 6);
    }

    [PostgresFact]
    public async Task NothingOfAPredecessorElsewhereIsWrittenAfterItsSuccessorHasRead()
    {
        await using var here = PostgresCluster.Open(_database.Value);
        await using var there = PostgresCluster.Open(_database.Value);
        for (var incarnation = 1; incarnation <= 20; incarnation++)
        {
            var (mine, others) = incarnation % 2 == 0 ? (here, there) : (there, here);
            var old = mine.Open(Plugin, incarnation);
            await Put(old, "first");
            var writes = Enumerable.Range(0, 4).Select(_ => Task.Run(() => WriteUntilFenced(old))).ToArray();

            var next = others.Open(Plugin, incarnation + 1);
            var seen = await Get(next, "a");
            var acknowledged = (await Task.WhenAll(writes).WaitAsync(Patience)).Max();

            Assert.Equal(seen?.Version, (await Get(next, "a"))?.Version);
            Assert.True((seen?.Version ?? 0) >= acknowledged, "An acknowledged write was not there for the successor.");
        }
    }

    [PostgresFact]
    public async Task WritersInTwoProcessesLoseNoUpdate()
    {
        const int Updates = 40;
        await using var here = PostgresCluster.Open(_database.Value);
        await using var there = PostgresCluster.Open(_database.Value);
        IPluginStore[] handles = [here.Open(Plugin, 1), there.Open(Plugin, 1)];
        await handles[0].PutAsync("count", BitConverter.GetBytes(0), 0, default);

        await Task.WhenAll(handles.Concat(handles).Select(store => Task.Run(async () =>
        {
            for (var done = 0; done < Updates;)
            {
                var now = (await Get(store, "count"))!;
                var next = BitConverter.GetBytes(BitConverter.ToInt32(now.Value.Span) + 1);
                if ((await store.PutAsync("count", next, now.Version, default)).Written) done++;
            }
        }))).WaitAsync(Patience);

        Assert.Equal(4 * Updates, BitConverter.ToInt32((await Get(handles[1], "count"))!.Value.Span));
    }

    [PostgresFact]
    public async Task BatchesOverTheSameValuesDoNotBlockEachOther()
    {
        await using var here = PostgresCluster.Open(_database.Value);
        await using var there = PostgresCluster.Open(_database.Value);
        var users = Enumerable.Range(0, 100).Select(static i => KeyOf($"user{i}")).ToArray();

        // Each process meets the users in another order.
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(users.Select(user => Put(here.Open(user, 1), "a")).Concat(users.Reverse().Select(user => Put(there.Open(user, 1), "a"))));
        }

        Assert.Equal((0, 0), (here.Counters.Failed, there.Counters.Failed));
        Assert.Equal(10, (await Get(here.Open(users[7], 1), "a"))!.Version);
    }

    [PostgresFact]
    public async Task ADatabaseThatHasForgottenTheOwnersIsClaimedAgain()
    {
        await using var store = PostgresCluster.Open(_database.Value);
        var handle = store.Open(Plugin, 3);
        await Put(handle, "a");
        PostgresCluster.Execute(_database.Value, "TRUNCATE relay.plugin_owners");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Get(handle, "a"));

        Assert.Equal(1, (await Get(handle, "a"))!.Version);
    }

    private static PluginKey KeyOf(string user) => new(new(new("default"), user), "notes_");

    private static async Task<long> WriteUntilFenced(IPluginStore store)
    {
        long acknowledged = 0;
        try
        {
            while (true) acknowledged = (await Put(store, "a")).Version;
        }
        catch (StoreFencedException)
        {
            return acknowledged;
        }
    }

    private static Task<StoreWrite> Put(IPluginStore store, string key) => store.PutAsync(key, new byte[] { 1 }, null, default).AsTask().WaitAsync(Patience);

    private static Task<StoredValue?> Get(IPluginStore store, string key) => store.GetAsync(key, default).AsTask().WaitAsync(Patience);
}
